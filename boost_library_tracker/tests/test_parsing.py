"""What Boost's .gitmodules names."""

from boost_library_tracker.parsing import submodule_repositories

BOOST = ("boostorg", "boost")
HOSTS = ("github.com",)


def repositories(*urls: str) -> list[tuple[str, str]]:
    text = "".join(f'[submodule "m{n}"]\n\tpath = libs/m{n}\n\turl = {url}\n' for n, url in enumerate(urls))
    return submodule_repositories(text, BOOST, HOSTS)


def test_a_relative_url_is_a_repository_beside_the_superproject() -> None:
    assert repositories("../asio.git", "../bcp") == [("boostorg", "asio"), ("boostorg", "bcp")]


def test_other_owners_and_other_spellings_of_a_url_are_understood() -> None:
    assert repositories(
        "https://github.com/boostorg/json.git", "git@github.com:cppalliance/mrdocs.git", "../../boost-ext/ut"
    ) == [("boostorg", "json"), ("cppalliance", "mrdocs"), ("boost-ext", "ut")]


def test_the_order_stays_and_a_repository_counts_once() -> None:
    assert repositories("../b.git", "../a.git", "../b") == [("boostorg", "b"), ("boostorg", "a")]


def test_what_cannot_be_a_repository_of_github_is_left_out() -> None:
    assert repositories("../../../up", "https://example.org/x", "/srv/git/a/b/c") == []


def test_windows_line_ends_and_no_submodules_at_all_are_fine() -> None:
    assert submodule_repositories('[submodule "a"]\r\n\turl = ../a.git\r\n', BOOST, HOSTS) == [
        ("boostorg", "a")
    ]
    assert submodule_repositories("", BOOST, HOSTS) == []


def test_what_git_reads_is_read_quotes_cases_and_comments() -> None:
    assert repositories('"../quoted.git"', "../asio.git # comment") == [
        ("boostorg", "quoted"),
        ("boostorg", "asio"),
    ]
    assert submodule_repositories("URL = ../upper.git", BOOST, HOSTS) == [("boostorg", "upper")]


def test_a_repository_elsewhere_is_not_one_of_the_same_name_here() -> None:
    assert repositories("https://gitlab.com/llvm/llvm-project.git", "git@example.org:a/b") == []


def test_a_url_that_is_none_does_not_stop_the_others() -> None:
    assert repositories("https://[::1/x", "../asio.git") == [("boostorg", "asio")]
