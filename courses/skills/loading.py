def load_framework() -> None:
    raise NotImplementedError
