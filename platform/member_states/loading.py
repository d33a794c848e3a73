def load_register() -> None:
    raise NotImplementedError
