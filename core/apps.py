from django.apps import AppConfig

from core.vendors import Vendor, register


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        github, slack = "core.operations.github_ops", "core.operations.slack_ops"
        register(
            Vendor(
                "GitHub",
                ("github",),
                errors=f"{github}.errors.ERRORS",
                settings=f"{github}.conf.GithubSettings",
            )
        )
        register(
            Vendor(
                "Slack",
                ("slack_sdk",),
                errors=f"{slack}.errors.ERRORS",
                settings=f"{slack}.conf.SlackSettings",
                client=f"{slack}.SlackClient",
            )
        )
        google = ("google", "googleapiclient", "httplib2")
        register(Vendor("Google", google, errors="core.errors.to_come.GOOGLE"))
        register(Vendor("Pinecone", ("pinecone",), errors="core.errors.to_come.PINECONE"))
