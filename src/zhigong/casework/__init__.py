"""Entitlements, cases, routes, deadlines, publicity, decisions, objections, ratings.

Owns how a case goes from found or applied to paid and rated; must not know screens, nor how money moves.

Offers (operations; keyword-only, actor first):
    apply(by, service_id, answers, account, key) -> UUID        the member applies or accepts an offer
    withdraw_case(by, case_id, key)                             the member takes her case back
    act(by, case_id, step, action, note, key, ask=())           a cadre acts on the open step of a case
    act_many(by, steps, action, note, key) -> (ActOutcome, …)   the same act on many cases; steps: {case_id: step_id}
    supply(by, case_id, answers, text, key)                     the member answers a request for supplements
    object(by, case_id, text, key) -> UUID                      against the decision on one's own case
    object_publicity(by, publicity_id, text, key) -> UUID       against a public notice
    answer_objection(by, objection_id, state, answer, key)      the level above the decision
    answer_recheck(by, case_id, changed, answers, text, key)    the yearly re-check is answered, by her or for her
    confirm_recheck(by, case_id, note, key) -> RecheckState     kept, proposed, or decided; confirm_rechecks for many
    return_recheck(by, case_id, note, key)                      a proposed change is looked into again
    rate(by, case_id, score, text, key)                         1 to 5; 1 and 2 open a follow-up
    follow_up(by, rating_id, note, key)                         the follow-up after a bad mark
    name_heir(by, case_id, holder, relation, bank, number, key) the grassroots chair, for a dead person's grant
    post_return(by, batch_id, file) -> funds' Posted            the bank's return file; moves the cases
    screen_service(scope, service_id, at, …) -> ScreenCounts    entitlements, automatic grants, recoveries
    refresh(scope, at_ms, tell, full) -> {stage: {…}}           exchange's refresh, then every published service
    run_clock(by) -> ClockCounts                                escalation, reminders, end of publicity, old offers,
                                                                re-checks asked, what was set off
Queries (actor first): found_for, service_page, my_cases, rechecks_asked, case, cases, recheck, todos,
    publicity_board, counts,
    ratings_to_follow; simulate and judge for the console and the rule lab.
"""
