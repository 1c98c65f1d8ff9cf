"""Unions with their dated versions, employers, who covers whom, terms and posts."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.expressions import RawSQL

from zhigong.kernel.db.scoped import LevelColumns
from zhigong.kernel.ids import uuid7
from zhigong.orgs.types import Duty, EmployerStatus, Engagement, Level, UnionKind, UnionStatus


def choices(
    enum: type[Level] | type[UnionKind] | type[UnionStatus] | type[EmployerStatus] | type[Engagement],
) -> list[int]:
    """The stored values of an enum, for check constraints."""
    return [member.value for member in enum]


class Union(LevelColumns):
    """A union as it is today; UnionVersion holds how it was.

    seq is the short key used in level columns. Present values repeat the open version's (ADR 0002): every list reads
        them.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    seq = models.IntegerField(unique=True, db_default=Func(Value("orgs_union_seq"), function="nextval"))
    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=120)
    short_name = models.CharField(max_length=60, default="", blank=True)
    name_sort = models.CharField(max_length=480, db_collation="C")
    initials = models.CharField(max_length=120, db_collation="C", default="")
    level = models.SmallIntegerField()
    kind = models.SmallIntegerField()
    status = models.SmallIntegerField(default=UnionStatus.ACTIVE)
    division_code = models.CharField(max_length=12, default="", blank=True)
    credit_code = models.CharField(max_length=18, default="", blank=True)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    path_names = models.CharField(max_length=480, default="", blank=True)
    founded_on = models.DateField(null=True)
    term_ends_on = models.DateField(null=True)
    successor_id = models.UUIDField(null=True)
    batch_id = models.UUIDField(null=True)

    class Meta:
        """The chain must agree with the level; the key (id, chain) is what scoped tables refer to."""

        constraints = [
            models.UniqueConstraint(fields=["id", "l1", "l2", "l3", "l4"], name="orgs_union_chain"),
            # 0 marks a level left out of a chain: as a key it would stand for every such row of the city.
            models.CheckConstraint(condition=Q(seq__gt=0), name="orgs_union_seq"),
            models.CheckConstraint(condition=Q(level__in=choices(Level)), name="orgs_union_level"),
            models.CheckConstraint(condition=Q(kind__in=choices(UnionKind)), name="orgs_union_kind"),
            models.CheckConstraint(condition=Q(status__in=choices(UnionStatus)), name="orgs_union_status"),
            models.CheckConstraint(
                condition=Q(level=1, parent=None) | Q(level__gt=1, parent__isnull=False), name="orgs_union_parent"
            ),
            models.CheckConstraint(
                condition=Q(level=1, l1=F("seq"), l2=0, l3=0, l4=0)
                | Q(level=2, l2=F("seq"), l3=0, l4=0)
                | Q(level=3, l3=F("seq"), l4=0)
                | Q(level=4, l4=F("seq")),
                name="orgs_union_own_key",
            ),
        ]
        indexes = [
            models.Index(fields=["l2", "name_sort", "id"], name="orgs_union_l2_name"),
            models.Index(fields=["l3", "name_sort", "id"], name="orgs_union_l3_name"),
            models.Index(fields=["name_sort", "id"], name="orgs_union_name"),
            models.Index(fields=["initials"], name="orgs_union_initials"),
            models.Index(fields=["parent", "level", "name_sort"], name="orgs_union_children"),
            models.Index(fields=["term_ends_on"], name="orgs_union_term"),
        ]


class UnionVersion(LevelColumns):
    """How a union was between two dates; level columns are the present chain, so that scope follows the union."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    union = models.ForeignKey(Union, on_delete=models.PROTECT, db_constraint=False, related_name="versions")
    valid = DateRangeField()
    name = models.CharField(max_length=120)
    parent_id = models.UUIDField(null=True)
    level = models.SmallIntegerField()
    kind = models.SmallIntegerField()
    status = models.SmallIntegerField()
    division_code = models.CharField(max_length=12, default="", blank=True)
    change = models.CharField(max_length=20)
    document = models.CharField(max_length=120, default="", blank=True)
    batch_id = models.UUIDField(null=True)

    class Meta:
        """No two versions of one union on one day."""

        constraints = [
            ExclusionConstraint(
                name="orgs_union_version_once",
                expressions=[("union", RangeOperators.EQUAL), ("valid", RangeOperators.OVERLAPS)],
            )
        ]
        indexes = [models.Index(fields=["parent_id"], name="orgs_version_parent")]


class Employer(LevelColumns):
    """An employer (单位); union is the one whose cadres look after it: the union that covers it, else that of its
    street."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    union = models.ForeignKey(Union, on_delete=models.PROTECT, db_constraint=False, related_name="+")
    credit_code = models.CharField(max_length=18, null=True, unique=True)
    name = models.CharField(max_length=160)
    name_sort = models.CharField(max_length=640, db_collation="C")
    name_key = models.CharField(max_length=160, db_collation="C")
    industry = models.CharField(max_length=6, default="", blank=True)
    registration_type = models.CharField(max_length=6, default="", blank=True)
    division_code = models.CharField(max_length=12, default="", blank=True)
    address = models.CharField(max_length=200, default="", blank=True)
    status = models.SmallIntegerField(default=EmployerStatus.ACTIVE)
    founded_on = models.DateField(null=True)
    unionised = models.BooleanField(default=False)
    batch_id = models.UUIDField(null=True)

    class Meta:
        """Lists by name at every level; name_key finds an employer written another way."""

        constraints = [
            models.CheckConstraint(condition=Q(status__in=choices(EmployerStatus)), name="orgs_employer_status")
        ]
        indexes = [
            models.Index(fields=["l2", "name_sort", "id"], name="orgs_employer_l2_name"),
            models.Index(fields=["l3", "name_sort", "id"], name="orgs_employer_l3_name"),
            models.Index(fields=["l4", "name_sort", "id"], name="orgs_employer_l4_name"),
            models.Index(fields=["name_sort", "id"], name="orgs_employer_name"),
            models.Index(fields=["name_key"], name="orgs_employer_key"),
        ]


class Coverage(LevelColumns):
    """A union covers an employer from one date to another; a joint union covers dozens."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    union = models.ForeignKey(Union, on_delete=models.PROTECT, db_constraint=False, related_name="coverages")
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="coverages")
    valid = DateRangeField()
    batch_id = models.UUIDField(null=True)

    class Meta:
        """A pair is recorded once at a time; an employer may have several unions."""

        constraints = [
            ExclusionConstraint(
                name="orgs_coverage_once",
                expressions=[
                    ("union", RangeOperators.EQUAL),
                    ("employer", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            )
        ]


class Term(LevelColumns):
    """A term of office (届次) of a union's committee."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    union = models.ForeignKey(Union, on_delete=models.PROTECT, db_constraint=False, related_name="terms")
    number = models.SmallIntegerField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    document = models.CharField(max_length=120, default="", blank=True)

    class Meta:
        """Terms follow one another."""

        constraints = [
            models.UniqueConstraint(fields=["union", "number"], name="orgs_term_number"),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="orgs_term_dates"),
        ]
        indexes = [models.Index(fields=["ends_on"], name="orgs_term_ends")]


class Post(LevelColumns):
    """A cadre's post: the duty, its dates, and the union it gives scope over. The holder need not have an account."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    union = models.ForeignKey(Union, on_delete=models.PROTECT, db_constraint=False, related_name="posts")
    account_id = models.UUIDField(null=True, db_index=True)
    person_id = models.UUIDField(null=True)
    holder = models.CharField(max_length=64)
    duty = models.CharField(max_length=20)
    title = models.CharField(max_length=60, default="", blank=True)
    engagement = models.SmallIntegerField(default=Engagement.PART_TIME)
    frontline = models.BooleanField(default=False)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    appointed_by = models.UUIDField(null=True)

    class Meta:
        """A known duty, dates in order, one holder once per duty and union at a time."""

        constraints = [
            models.CheckConstraint(condition=Q(duty__in=[d.value for d in Duty]), name="orgs_post_duty"),
            models.CheckConstraint(condition=Q(engagement__in=choices(Engagement)), name="orgs_post_engagement"),
            models.CheckConstraint(condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="orgs_post_dates"),
            ExclusionConstraint(
                name="orgs_post_once",
                expressions=[
                    ("union", RangeOperators.EQUAL),
                    ("account_id", RangeOperators.EQUAL),
                    ("duty", RangeOperators.EQUAL),
                    (RawSQL("daterange(starts_on, ends_on, '[]')", []), RangeOperators.OVERLAPS),
                ],
                condition=Q(account_id__isnull=False),
            ),
        ]


class Root(models.Model):
    """The short keys of city-level unions: readable without scope, holds nothing else."""

    seq = models.IntegerField(primary_key=True)
