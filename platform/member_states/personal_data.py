"""The register of the member states holds nothing of people."""

from __future__ import annotations

from common.personal_data import Table

TABLES = (
    Table("member_states.Source", none="key title where kind document_seen"),
    Table("member_states.Instrument", none="key title binding demands sources confidence"),
    Table(
        "member_states.MemberState",
        none="code alpha3 numeric name asean since calling_code time_zones first_day_of_week calendars currency facts sources"
        " confidence register_as_of",
    ),
    Table("member_states.StateLanguage", none="id state position tag script role direction population_percent"),
    Table(
        "member_states.Rule",
        none="id state key standing value unit note sources confidence checked_on valid_from valid_to",
    ),
    Table("member_states.PolicyDefault", none="key value"),
    Table("member_states.RegisterLoad", none="id sha256 as_of loaded_at"),
)
