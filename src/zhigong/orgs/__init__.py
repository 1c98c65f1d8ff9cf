"""The union tree, employers, posts, and with them who may see what (scope).

Owns every effective-dated organisation row; must not know persons."""
