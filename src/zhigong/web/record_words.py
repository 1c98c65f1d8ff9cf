"""The audit record in plain words: what was done, which fields, in which duty. Members and auditors read the same."""

from __future__ import annotations

from zhigong.facts import queries as facts
from zhigong.orgs.types import Duty

ACTIONS = {
    "audit.person.opened": "查看了个人资料",
    "audit.record.exported": "导出了查阅记录",
    "identity.account.created": "开设了账号",
    "identity.account.disabled": "停用了账号",
    "identity.account.enabled": "恢复了账号",
    "identity.account.factors_removed": "解除了二次验证",
    "identity.account.linked": "把账号关联到会员",
    "identity.account.password_set": "设置了密码",
    "identity.account.phone_set": "设置了登录手机",
    "identity.opening_code.issued": "发出了开通码",
    "identity.sign_in.accepted": "登录",
    "identity.sign_in.refused": "登录未成功",
    "exchange.batch.received": "上传了数据文件",
    "exchange.batch.opened": "查看了导入文件的内容",
    "exchange.batch.published": "导入了数据文件",
    "exchange.batch.linked": "把数据文件的行与人员、单位关联",
    "exchange.batch.held": "扣下了一份与上一批出入较大的数据文件",
    "exchange.batch.accepted": "核对后放行了一份数据文件",
    "exchange.batch.undone": "撤销了一次导入",
    "exchange.batch.discarded": "放弃了一次导入",
    "exchange.link.ruled": "判定了部门数据是不是这个人的",
    "exchange.receipt.written": "取回了导入回执",
    "orgs.union.founded": "登记了工会",
    "orgs.union.renamed": "更改了工会名称",
    "orgs.union.moved": "调整了工会隶属关系",
    "orgs.union.merged": "合并了工会",
    "orgs.union.dissolved": "撤销了工会",
    "orgs.post.appointed": "任命了岗位",
    "orgs.post.ended": "结束了岗位",
    "orgs.term.started": "登记了新一届任期",
    "people.member.registered": "登记了会员",
    "people.person.corrected": "更正了资料",
    "people.roster.admitted": "按名册更新了会员",
    "people.roster.undone": "撤销了名册更新",
    "people.members.exported": "导出了会员名单",
    "people.transfer.requested": "申请了会员接转",
    "people.transfer.accepted": "接收了转入的会员",
    "people.transfer.refused": "退回了转入的会员",
    "people.transfer.withdrawn": "撤回了会员接转",
    "people.transfer.expired": "会员接转超时",
    "people.death.noted": "登记了会员去世",
    "people.household.published": "按户籍更新了家庭",
    "insight.refresh.asked": "要求重新统计",
    "facts.declaration.made": "登记了本人说明的情况",
    "facts.group.published": "更新了部门数据",
    "casework.case.applied": "提交了申请",
    "casework.case.withdrawn": "撤回了申请",
    "casework.case.step_passed": "办理了一步：通过",
    "casework.case.step_returned": "退回了上一步",
    "casework.case.step_refused": "决定不予通过",
    "casework.case.step_supplemented": "请申请人补充材料",
    "casework.case.supplied": "补充了材料",
    "casework.case.published": "开始了公示",
    "casework.case.objected": "提出了异议",
    "casework.case.objection_answered": "答复了异议",
    "casework.case.rated": "评价了办件",
    "casework.case.followed_up": "回访了差评",
    "casework.case.rechecked": "完成了年度复核",
    "casework.case.recheck_answered": "答复了年度复核",
    "casework.case.recheck_proposed": "提出了年度复核的意见",
    "casework.case.recheck_returned": "退回了年度复核的意见",
    "casework.case.heir_named": "确认了继承人",
    "casework.publicity.objected": "对公示提出了异议",
    "casework.award.granted": "按规则直接发放",
    "casework.award.recovered": "按规则收回",
    "casework.service.screened": "筛查了一项服务",
    "casework.clock.run": "检查了办理期限",
    "catalogue.version.frozen": "固定了服务的版本",
    "funds.account.registered": "登记了收款账户",
    "funds.payment.requested": "提出了付款",
    "funds.payment.cancelled": "取消了付款",
    "funds.payment.retried": "重新安排了付款",
    "funds.claim.repaid": "登记了退款",
    "funds.recovery.claimed": "提出了收回",
    "funds.budget.opened": "设立了预算",
    "funds.budget.changed": "调整了预算",
    "funds.return.posted": "登记了银行回盘",
    "funds.file.fetched": "取走了银行文件",
    "funds.ledger.reconciled": "核对了账目",
}
FIELDS = {
    "id_number": "证件号码",
    "phone": "手机号码",
    "name": "姓名",
    "sex": "性别",
    "birth_date": "出生日期",
    "ethnicity": "民族",
    "education": "学历",
    "skill": "技术等级",
    "political": "政治面貌",
    "employment": "就业状况",
    "household": "家庭成员",
    "household_type": "户籍类型",
    "household_place": "户籍所在地",
    "native_place": "籍贯",
    "employer_name": "工作单位",
    "is_migrant": "是否农民工会员",
    "memberships": "会籍变化",
    "profile": "个人档案",
    "code": "工会编码",
    "parent_code": "上级工会",
    "level": "级别",
    "kind": "类型",
    "division_code": "行政区划",
    "founded_on": "成立日期",
    "term_ends_on": "届满日期",
    "covered_credit_codes": "覆盖单位",
    "credit_code": "信用代码",
    "industry": "行业",
    "registration_type": "登记注册类型",
    "address": "地址",
    "status": "状态",
    "serial": "序号",
    "union_code": "工会编码",
    "id_type": "证件类别",
    "change_type": "会籍变化类型",
    "change_date": "会籍变化日期",
    "change_reason": "会籍变化原因",
    "case": "办件内容",
    "account": "收款账户",
}
FIRST = frozenset({"id_number", "phone", "name"})


def action(name: str) -> str:
    """What was done; an action without words is shown by its name rather than hidden."""
    return ACTIONS.get(name, name)


def fields(names: tuple[str, ...], *, most: int = 8) -> str:
    """Which fields, joined; of a long list the identity first and the number of all."""
    known = sorted(names, key=lambda name: name not in FIRST)
    words = "、".join(_field(name) for name in known[:most])
    return f"{words}等 {len(names)} 项" if len(names) > most else words


def _field(name: str) -> str:
    """A field of the base, else a fact of the vocabulary, which a city may extend."""
    if name in FIELDS:
        return FIELDS[name]
    known = facts.vocabulary().get(name)
    return known.label if known else name


def duty(value: str) -> str:
    """The duty acted in."""
    return Duty(value).label if value in set(Duty) else {"system": "系统"}.get(value, value)
