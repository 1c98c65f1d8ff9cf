"""The record of acts for auditors: who did what to whose data, why, and whether the record is whole."""
