from django.urls import path

from tutorial import views

urlpatterns = [
    path("", views.page, {"name": "index.html"}),
    path("chat/<str:room>/", views.page, {"name": "room.html"}),
    path("static/<str:name>", views.static),
    path("announce/<str:room>/", views.announce),
]
