"""Services as folders: loaded, checked, versioned.

Owns the published versions of services; offers them as typed values; must not know cases or money."""
