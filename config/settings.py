"""Django settings. What an operator may change is in each app's conf.py, not here."""

import secrets
from pathlib import Path

from core.conf import CoreSettings
from core.postgres import databases

BASE_DIR = Path(__file__).resolve().parent.parent
CORE = CoreSettings.load()

SECRET_KEY = CORE.secret_key.get_secret_value() if CORE.secret_key else secrets.token_urlsafe(50)
DEBUG = CORE.debug
ALLOWED_HOSTS = [host.strip() for host in CORE.allowed_hosts.split(",") if host.strip()]
WORKSPACE_DIR = (BASE_DIR / CORE.workspace_dir).resolve()

# Collectors that work on what is stored run in this order, after all others.
TRACKER_APPS = [
    "boost_library_tracker",
    "boost_mailing_list_tracker",
    "clang_github_tracker",
    "cppa_slack_tracker",
    "discord_activity_tracker",
    "github_activity_tracker",
]
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "core",
    *TRACKER_APPS,
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
DATABASES = databases(CORE.database_url, CORE.database_lock_url, WORKSPACE_DIR)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "static/"
