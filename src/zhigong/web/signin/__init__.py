"""Sign-in of cadres and members, second factors, and the one-click roles of the demo."""
