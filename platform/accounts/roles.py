def ensure_roles() -> None:
    raise NotImplementedError
