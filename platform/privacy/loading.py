def load_purposes() -> None:
    raise NotImplementedError
