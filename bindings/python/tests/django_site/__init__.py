"""A small Django project, whose changes a Covey server in the same process shows to its clients."""
