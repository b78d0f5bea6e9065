"""Publishing to portals: what is to be sent (plan), sending it once and whole (engine), proving it (read-back).

    package    the files of one run, frozen by their sha256, with what the read-back must find
    plan       the exact list of calls, written for review before any is made
    portal     what a portal client does: plan, execute, verify, restore (`opendatasoft`, `datagouv`, `depot`)
    journal    what was done, crash-safe; the state of a target is the fold of its journal
    lock       one run at a time on a target
    http       requests with attempts, without ever showing a key
    safety     when nothing may be sent, and who decides
    engine     the order of all this

No client is trusted to remember: a run looks at the portal and plans the difference between what it has and what it
should have. A run that was killed, a call whose answer was lost and a first run are one case.
"""
