import pytest


@pytest.mark.django_db
def test_up(client):
    print(client.get("/readyz").content)
    assert client.get("/livez").status_code == 200
    r = client.get("/api/nothing")
    print(r.content)
    assert client.get("/").status_code == 200
