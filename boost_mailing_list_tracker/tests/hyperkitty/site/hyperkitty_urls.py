"""Addresses of the HyperKitty under test: under /archives, as Mailman's own site has them."""

from django.urls import include, path

urlpatterns = [
    path("archives/", include("hyperkitty.urls")),
    path("mailman3/", include("django_mailman3.urls")),
    path("accounts/", include("allauth.urls")),
]
