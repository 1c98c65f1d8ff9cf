"""Zhigong (智工): the open platform that trade-union federations run on."""
