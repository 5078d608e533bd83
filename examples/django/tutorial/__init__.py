"""The chat of Django Channels' tutorial, in the same rooms as processes of Covey."""
