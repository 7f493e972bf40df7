"""Settings of the HyperKitty under test: its own Django reads them, in its own environment."""

import os
from pathlib import Path

_FOLDER = Path(os.environ["HYPERKITTY_FOLDER"])

SECRET_KEY = "of no use: loopback only, no accounts"
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
SITE_ID = 1
ROOT_URLCONF = "hyperkitty_urls"
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = _FOLDER / "static"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": _FOLDER / "hyperkitty.sqlite3",
        "OPTIONS": {"timeout": 30},
    }
}
INSTALLED_APPS = [
    "hyperkitty",
    "django_mailman3",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "django_gravatar",
    "compressor",
    "haystack",
    "django_extensions",
    "django_q",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.i18n",
                "django.template.context_processors.static",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django_mailman3.context_processors.common",
                "hyperkitty.context_processors.common",
            ]
        },
    }
]
LOGIN_URL = "account_login"
LOGOUT_URL = "account_logout"
COMPRESS_ENABLED = False
COMPRESS_PRECOMPILERS = ()
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
Q_CLUSTER = {"orm": "default", "sync": True, "timeout": 30, "retry": 60}
# There is no Mailman: nothing listens here, and the importer is told not to ask.
MAILMAN_REST_API_URL = "http://127.0.0.1:9"
MAILMAN_REST_API_USER = "nobody"
MAILMAN_REST_API_PASS = "nothing"
MAILMAN_ARCHIVER_KEY = "nothing"
MAILMAN_ARCHIVER_FROM = ()
HYPERKITTY_BATCH_MODE = True
HYPERKITTY_MBOX_EXPORT = os.environ.get("HYPERKITTY_EXPORT", "1") == "1"
FILTER_VHOST = False
