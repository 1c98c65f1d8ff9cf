"""Persons, households, memberships, transfers. Identity fields are sealed; blind indexes find them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Func, Q

from zhigong.kernel.db.scoped import LevelColumns
from zhigong.kernel.ids import uuid7
from zhigong.orgs.models import Employer, Union
from zhigong.people.types import MembershipStatus, TransferState, Verification

# What lists are narrowed by: kept beside the key of an index, so that a thousand are counted without reading rows.
NARROWED_BY = ("membership_status", "sex", "birth_date", "is_migrant", "verification", "initials")


class Person(LevelColumns):
    """A person of the real-name base, in the keeping of one union (the present or last one, else the city's).

    id never changes, whatever is linked or corrected; membership_status and union repeat the present membership
    (ADR 0002).
    id_tail and phone_tail are 16-bit tokens: many share one, so they find candidates and prove nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    union = models.ForeignKey(Union, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    name = models.CharField(max_length=64)
    name_sort = models.CharField(max_length=320, db_collation="C")
    initials = models.CharField(max_length=32, db_collation="C")
    sex = models.SmallIntegerField(default=0)
    birth_date = models.DateField(null=True)
    ethnicity = models.CharField(max_length=2, default="", blank=True)
    education = models.CharField(max_length=2, default="", blank=True)
    skill = models.CharField(max_length=2, default="", blank=True)
    political = models.CharField(max_length=2, default="", blank=True)
    employment = models.CharField(max_length=2, default="", blank=True)
    household_type = models.CharField(max_length=2, default="", blank=True)
    household_place = models.CharField(max_length=120, default="", blank=True)
    native_place = models.CharField(max_length=120, default="", blank=True)
    is_migrant = models.BooleanField(default=False)
    id_type = models.CharField(max_length=3, default="", blank=True)
    id_cipher = models.BinaryField(null=True)
    id_index = models.BinaryField(null=True, max_length=32)
    id_tail = models.IntegerField(null=True)
    phone_cipher = models.BinaryField(null=True)
    phone_index = models.BinaryField(null=True, max_length=32)
    phone_tail = models.IntegerField(null=True)
    phone_masked = models.CharField(max_length=20, default="", blank=True)
    employer = models.ForeignKey(Employer, null=True, on_delete=models.SET_NULL, db_index=False, related_name="+")
    employer_name = models.CharField(max_length=160, default="", blank=True)
    verification = models.SmallIntegerField(default=Verification.UNVERIFIED)
    membership_status = models.SmallIntegerField(default=MembershipStatus.NONE)
    member_no = models.CharField(max_length=18, default="", blank=True)
    joined_on = models.DateField(null=True)
    deceased_on = models.DateField(null=True)
    batch_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Func(function="now"))
    updated_at = models.DateTimeField(db_default=Func(function="now"))

    class Meta:
        """One person per identity document; lists by name at every level; tails, initials and phones found by index."""

        constraints = [
            models.UniqueConstraint(fields=["id_index"], name="people_person_identity"),
            models.CheckConstraint(condition=Q(sex__in=[0, 1, 2, 9]), name="people_person_sex"),
            models.CheckConstraint(
                condition=Q(membership_status__in=[s.value for s in MembershipStatus]), name="people_person_status"
            ),
            models.CheckConstraint(
                condition=Q(verification__in=[v.value for v in Verification]), name="people_person_verified"
            ),
            models.CheckConstraint(
                condition=Q(id_index=None, id_cipher=None) | Q(id_index__isnull=False, id_cipher__isnull=False),
                name="people_person_sealed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["l2", "name_sort", "id"], include=["l1", "l3", "l4", *NARROWED_BY], name="people_person_l2_name"
            ),
            models.Index(fields=["l3", "name_sort", "id"], name="people_person_l3_name"),
            models.Index(fields=["l4", "name_sort", "id"], name="people_person_l4_name"),
            models.Index(
                fields=["name_sort", "id"], include=["l1", "l2", "l3", "l4", *NARROWED_BY], name="people_person_name"
            ),
            models.Index(fields=["initials"], name="people_person_initials"),
            models.Index(fields=["joined_on", "id"], name="people_person_joined"),
            models.Index(F("joined_on").desc(nulls_last=True), F("id").desc(), name="people_person_latest"),
            models.Index(fields=["phone_index"], name="people_person_phone"),
            models.Index(fields=["phone_tail"], name="people_person_phone_tail"),
            models.Index(fields=["id_tail"], name="people_person_id_tail"),
            models.Index(fields=["member_no"], name="people_person_member_no"),
            models.Index(fields=["union", "name_sort"], name="people_person_union"),
            models.Index(fields=["name_sort", "id"], condition=Q(verification=0), name="people_person_unverified"),
            # Retained and former members are few: without it their lists read past everybody else.
            models.Index(
                fields=["membership_status", "name_sort", "id"],
                include=["l1", "l2", "l3", "l4"],
                condition=~Q(membership_status=1),
                name="people_person_others",
            ),
        ]


class Membership(LevelColumns):
    """A person's membership in one union, with the national codes of its last change."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    union = models.ForeignKey(Union, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    status = models.SmallIntegerField()
    joined_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    change_type = models.SmallIntegerField(default=1)
    change_reason = models.CharField(max_length=2, default="", blank=True)
    changed_on = models.DateField(null=True)
    batch_id = models.UUIDField(null=True)

    class Meta:
        """No two living memberships: dual membership is not allowed (2016 会员会籍管理办法)."""

        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(status__in=[1, 2]), name="people_membership_one"),
            models.CheckConstraint(condition=Q(status__in=[1, 2, 3]), name="people_membership_status"),
            models.CheckConstraint(condition=Q(change_type__in=[1, 2, 3, 4, 5, 6]), name="people_membership_change"),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(joined_on=None) | Q(ended_on__gte=F("joined_on")),
                name="people_membership_dates",
            ),
        ]
        indexes = [models.Index(fields=["union", "status"], name="people_membership_union")]


class Household(LevelColumns):
    """A household of the register (户) in which a person of the base lives, in the keeping of such a person's union.

    It stays with its union as long as one of its members is there, and goes with the last who leaves (a trigger).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    union = models.ForeignKey(Union, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    number_index = models.BinaryField(max_length=32, unique=True)
    batch_id = models.UUIDField(null=True)


class HouseholdPerson(LevelColumns):
    """A person of the base in her household, with the relation to its head (GB/T 4761); her union, her levels.

    size: how many live in the household by the register, she among them. It stands here and not with the household,
    because who sees a person need not see the union that keeps the household.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    union = models.ForeignKey(Union, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="persons")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="households")
    relation = models.CharField(max_length=20, default="", blank=True)
    size = models.IntegerField(db_default=1)

    class Meta:
        """A person lives in one household; nobody lives in less than one."""

        constraints = [
            models.UniqueConstraint(fields=["person"], name="people_household_one"),
            models.CheckConstraint(condition=Q(size__gte=1), name="people_household_size"),
        ]


class Release(models.Model):
    """What was last published of a register; the mark tells from which rows, empty when somebody was left out."""

    register = models.CharField(max_length=40, db_collation="C", primary_key=True)
    mark = models.BinaryField(max_length=32)
    rows = models.IntegerField()
    published_on = models.DateField()


class Transfer(LevelColumns):
    """A transfer between two unions: asked by one side, answered by the other within a deadline.

    union is the receiving one, whose cadres act on it; the sending side sees it by from_l1..from_l4.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    union = models.ForeignKey(Union, on_delete=models.PROTECT, db_constraint=False, related_name="+")
    person_id = models.UUIDField()
    person_name = models.CharField(max_length=64)
    from_union_id = models.UUIDField()
    from_union_name = models.CharField(max_length=120)
    to_union_name = models.CharField(max_length=120)
    from_l1 = models.IntegerField()
    from_l2 = models.IntegerField()
    from_l3 = models.IntegerField()
    from_l4 = models.IntegerField()
    state = models.SmallIntegerField(default=TransferState.REQUESTED)
    requested_by = models.UUIDField(null=True)
    requested_on = models.DateField()
    due_on = models.DateField()
    decided_by = models.UUIDField(null=True)
    decided_on = models.DateField(null=True)
    note = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        """One open transfer per person; who and when of the decision come together."""

        constraints = [
            models.UniqueConstraint(fields=["person_id"], condition=Q(state=1), name="people_transfer_one"),
            models.CheckConstraint(condition=Q(due_on__gte=F("requested_on")), name="people_transfer_dates"),
            models.CheckConstraint(
                condition=Q(state=1, decided_on=None) | (~Q(state=1) & Q(decided_on__isnull=False)),
                name="people_transfer_decided",
            ),
        ]
        indexes = [models.Index(fields=["state", "due_on"], name="people_transfer_due")]


class Change(LevelColumns):
    """What a batch changed in an existing person, so that it can be undone; sealed values stay sealed."""

    id = models.BigAutoField(primary_key=True)
    union = models.ForeignKey(Union, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    batch_id = models.UUIDField(db_index=True)
    person_id = models.UUIDField()
    kind = models.CharField(max_length=12)
    before = models.JSONField()


class Tally(LevelColumns):
    """Members of one union as last counted: trees and dashboards add these instead of counting persons."""

    union = models.OneToOneField(
        Union, on_delete=models.CASCADE, primary_key=True, db_constraint=False, related_name="tally"
    )
    members = models.IntegerField(default=0)
    women = models.IntegerField(default=0)
    migrants = models.IntegerField(default=0)
    unverified = models.IntegerField(default=0)
    counted_at = models.DateTimeField(db_default=Func(function="now"))

    class Meta:
        """Counts are never negative; summed for every list, by district, street or union."""

        constraints = [models.CheckConstraint(condition=Q(members__gte=0), name="people_tally_positive")]
        indexes = [models.Index(fields=[f"l{n}"], name=f"people_tally_l{n}") for n in (2, 3, 4)]


class SavedView(models.Model):
    """A list as one account likes to see it: the query string of a place such as `members`. Hers alone, by policy."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account_id = models.UUIDField()
    place = models.CharField(max_length=20)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField(db_default=Func(function="now"))

    class Meta:
        """A name once per place."""

        constraints = [models.UniqueConstraint(fields=["account_id", "place", "name"], name="people_savedview_name")]
