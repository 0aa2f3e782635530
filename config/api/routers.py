from rest_framework.routers import SimpleRouter


class DetailRouter(SimpleRouter):
    """Routes to single objects and their actions, by UUID. Paths of lists name a company: see each `urls.py`."""

    routes = [route for route in SimpleRouter.routes if route.detail]

    def __init__(self) -> None:
        super().__init__(trailing_slash=False, use_regex_path=False)
