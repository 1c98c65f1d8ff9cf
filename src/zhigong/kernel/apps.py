"""Django's view of the kernel: only its database functions."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    """Carries the migrations that create roles' grants and the scope functions."""

    name = "zhigong.kernel"
    label = "kernel"
