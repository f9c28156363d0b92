"""Sentences of the analysis of customers."""

TEMPLATES = {
    "no_customers": (
        "Nothing can be said about customers: no order line names one. Map the column customer_id, and "
        "amount where it is missing."
    ),
    # how much hangs on a few
    "concentration.changed": (
        "The share of the largest customers has {sure} changed: {change} ({change_low} to {change_high}) "
        "against {before} before. In {window} the top 20% of customers with revenue ({top_n} of {n}) brought "
        "{share} of it (between {low} and {high}). {count} customers made 80%."
    ),
    "concentration.no_evidence": (
        "No evidence that the share of the largest customers changed: {change} against {before} before. In "
        "{window} the top 20% of customers with revenue ({top_n} of {n}) brought {share} of it (between "
        "{low} and {high}). {count} customers made 80%."
    ),
    "concentration.not_enough_data": (
        "There is nothing to compare the share of the largest customers with. In {window} the top 20% of "
        "customers with revenue ({top_n} of {n}) brought {share} of it (between {low} and {high}). {count} "
        "customers made 80%."
    ),
    "concentration.few": "In {window} only {n} customers brought all of the revenue.",
    "concentration.one": "In {window} a single customer brought all of the revenue.",
    "dependence.note": (
        "The largest customer, {name}, brought {share} of revenue ({money}) in {window}, the 5 "
        "largest together {five}."
    ),
    "dependence.few": (
        "The largest of the {n} customers, {name}, brought {share} of revenue ({money}) in {window}."
    ),
    # whom to call
    "overdue.note": (
        "Silent for unusually long: {count} of {of} A and B customers with a known rhythm, more than the "
        "{chance} or so that are late at any time. Bought in their last year: {money}. Call first: "
        "{names}."
    ),
    "overdue.usual": (
        "Silent for unusually long: {count} of {of} A and B customers with a known rhythm, which may be "
        "chance: about {chance} are late at any time. Bought in their last year: {money}. Call first: "
        "{names}."
    ),
    "overdue.none": "None of the {of} A and B customers with a known rhythm is silent for unusually long.",
    "overdue.one": "The one A or B customer with a known rhythm is not silent for unusually long.",
    "overdue.unknown": (
        "Nobody can be called overdue yet: no A or B customer has bought on three different days."
    ),
    # who moved
    "migration.note": (
        "Of {before} A customers in {window_before}, {stayed} are still A. Of the others {down} slid down to "
        "B or C, {emptied} ended without net revenue and {lost} stopped buying ({left_money} together). New "
        "in A: {risen} ({risen_money}), which makes {now}. Of all A, B and C customers {share} kept their "
        "class (between {low} and {high})."
    ),
    "migration.not_enough_data": (
        "How customers moved between classes cannot be said: there is no window before this one to "
        "compare with."
    ),
    "migration.none": "No customer had a class in {window_before}: nobody had bought more than returned.",
    "new_lost.none": "No customer is new and none was lost against {window_before}.",
    "new_lost.new": "New against {window_before}: {new}, who brought {gained}. None was lost.",
    "new_lost.lost": "Lost against {window_before}: {lost}, who had brought {gone}. None is new.",
    "new_lost.note": (
        "New against {window_before}: {new}, who brought {gained}. Lost: {lost}, who had brought {gone}."
    ),
    # who stays
    "retention.improved": (
        "Retention has {sure} improved: {change} against the {months} months before ({change_low} to "
        "{change_high}). {stayed} of {had} customers ({share}, between {low} and {high}) bought again within "
        "{months} months."
    ),
    "retention.worsened": (
        "Retention has {sure} worsened: {change} against the {months} months before ({change_low} to "
        "{change_high}). {stayed} of {had} customers ({share}, between {low} and {high}) bought again within "
        "{months} months."
    ),
    "retention.no_evidence": (
        "No evidence that retention changed: {change} against the {months} months before. {stayed} of {had} "
        "customers ({share}, between {low} and {high}) bought again within {months} months."
    ),
    "retention.not_enough_data": (
        "{stayed} of {had} customers ({share}, between {low} and {high}) bought again within {months} "
        "months. Whether that is better or worse than before needs {needed} months of records."
    ),
    "retention.too_short": (
        "Whether customers stay cannot be said yet: it needs at least six months of records with orders "
        "in both halves."
    ),
    "retention_by_class.note": (
        "Classes differ in loyalty ({sure}): after {months} months {shares} "
        "customers were still buying in their rhythm; A against C {change} ({low} to {high})."
    ),
    "retention_by_class.two": (
        "Classes differ in loyalty ({sure}): after {months} months {shares} customers were still buying in "
        "their rhythm."
    ),
    "retention_by_class.no_evidence": (
        "No evidence that classes differ in loyalty: after {months} months {shares} customers were still "
        "buying in their rhythm."
    ),
    "retention_by_class.not_enough_data": (
        "Whether classes differ in loyalty cannot be said: there is one class only, or nobody fell silent."
    ),
    # the course of the months
    "buyers.improved": (
        "More and more customers buy in a month: {change} a year (likely {low} to {high}) over {months} "
        "months, {sure} not by chance."
    ),
    "buyers.worsened": (
        "Fewer and fewer customers buy in a month: {change} a year (likely {low} to {high}) over {months} "
        "months, {sure} not by chance."
    ),
    "buyers.no_evidence": (
        "No evidence that the number of customers who buy in a month changes: {change} a year ({low} to "
        "{high}) over {months} months. A change of less than about {detectable} over that time could not "
        "be seen."
    ),
    "buyers.too_few": (
        "Whether more or fewer customers buy in a month cannot be said yet: not enough months, {months} "
        "of 12."
    ),
    "buyers.season": (
        "Whether more or fewer customers buy in a month cannot be told from the season yet: {months} "
        "months of 24."
    ),
    "buyers.untested": (
        "Whether more or fewer customers buy in a month was not tested: too many months are missing, or "
        "all are alike."
    ),
    "new_customers.improved": (
        "More and more new customers come: {change} a year (likely {low} to {high}) over {months} "
        "months, {sure} not by chance."
    ),
    "new_customers.worsened": (
        "Fewer and fewer new customers come: {change} a year (likely {low} to {high}) over {months} "
        "months, {sure} not by chance."
    ),
    "new_customers.no_evidence": (
        "No evidence that the number of new customers a month changes: {change} a year ({low} to {high}) "
        "over {months} months. A change of less than about {detectable} over that time could not be seen."
    ),
    "new_customers.too_few": (
        "Whether more or fewer new customers come cannot be said yet: not enough months after the first "
        "year of records, {months} of 12."
    ),
    "new_customers.season": (
        "Whether more or fewer new customers come cannot be told from the season yet: {months} months of "
        "24 after the first year of records."
    ),
    "new_customers.untested": (
        "Whether more or fewer new customers come was not tested: too many months are missing, or all are "
        "alike."
    ),
    # what the figures rest on
    "without_customer.note": (
        "{share} of revenue in {window} ({money}) names no customer; it is in no class and in no "
        "customer's account."
    ),
    "basis.compared": "Classes rest on net revenue in {window}, compared with {before}.",
    "basis.compared_short": (
        "Classes rest on net revenue in {window}, compared with {before}; the records are too short for "
        "twelve months."
    ),
    "basis.alone": "Classes rest on net revenue in {window}.",
    "basis.alone_short": (
        "Classes rest on net revenue in {window} only; the records are too short for twelve months."
    ),
}
