"""Sentences of the analysis of segments."""

TEMPLATES = {
    "no_customers": "Nothing can be said of segments: no order line with an amount names a customer.",
    "no_dimensions": (
        "Nothing can be said of segments: the data hold no trait of customers (industry, region, size or "
        "another) with more than one value."
    ),
    # customers of a segment, as they stand in a sentence
    "customers.industry": "in the industry “{segment}”",
    "customers.region": "in the region “{segment}”",
    "customers.size": "of size “{segment}”",
    "customers.channel": "whose channel is “{segment}”",
    "customers.other": "with {dimension} “{segment}”",
    # what a customer brings
    "revenue_per_customer.higher": (
        "A typical customer {best} buys {best_against} ({best_likely}), {sure} not by chance. The "
        "{best_customers} {best}, {best_part} of all, bring {best_share} of revenue."
    ),
    "revenue_per_customer.lower": (
        "A typical customer {worst} buys {worst_against} ({worst_likely}), {sure} not by chance. The "
        "{worst_customers} {worst}, {worst_part} of all, bring {worst_share} of revenue."
    ),
    "revenue_per_customer.both": (
        "A typical customer {best} buys {best_against} ({best_likely}), one {worst} {worst_change}. It is "
        "{sure} not by chance. The {best_customers} {best}, {best_part} of all, bring {best_share} of "
        "revenue."
    ),
    "change.times": "{times} times as much",
    "change.more": "{part} more",
    "change.less": "{part} less",
    "change.times.than": "{times} times as much as comparable customers",
    "change.more.than": "{part} more than comparable customers",
    "change.less.than": "{part} less than comparable customers",
    "likely.times": "likely {low} to {high} times",
    "likely.change": "likely {low} to {high}",
    "revenue_per_customer.no_evidence": (
        "No evidence that a customer of one segment brings more than one of another: {tests} segments were "
        "set against the others."
    ),
    "revenue_per_customer.not_enough_data": (
        "Whether a customer of one segment brings more than one of another cannot be said: no segment has "
        "five customers who bought, and five others to compare with."
    ),
    # margin
    "margin_rate.higher": (
        "A typical customer {best} leaves a margin of {best_value}, {best_change} against comparable "
        "customers (likely {best_low} to {best_high}), {sure} not by chance."
    ),
    "margin_rate.lower": (
        "A typical customer {worst} leaves a margin of {worst_value}, {worst_change} against comparable "
        "customers (likely {worst_low} to {worst_high}), {sure} not by chance."
    ),
    "margin_rate.both": (
        "A typical customer {best} leaves a margin of {best_value}, one {worst} {worst_value}. That is "
        "{best_change} and {worst_change} against comparable customers, {sure} not by chance."
    ),
    "margin_rate.no_evidence": (
        "No evidence that the margin differs between segments: {tests} were set against the others."
    ),
    "margin_rate.slight": (
        "Margins differ between segments, {sure} not by chance, but by less than one percentage point."
    ),
    # win rate
    "win_rate.higher": (
        "Deals with customers {best} are won in {best_value} of cases, {best_change} against the others "
        "(likely {best_low} to {best_high}), {sure} not by chance."
    ),
    "win_rate.lower": (
        "Deals with customers {worst} are won in {worst_value} of cases, {worst_change} against the others "
        "(likely {worst_low} to {worst_high}), {sure} not by chance."
    ),
    "win_rate.both": (
        "Deals with customers {best} are won in {best_value} of cases, with those {worst} in {worst_value}. "
        "That is {best_change} and {worst_change} against the others, {sure} not by chance."
    ),
    "win_rate.no_evidence": (
        "No evidence that the win rate differs between segments: {tests} were set against the others, "
        "{deals} closed deals in all."
    ),
    "more": "{measure} also differs by other traits ({dimensions}): the tables below show how.",
    # dimensions in which nothing stands out
    "nothing_differs.one": (
        "No evidence that {dimensions} matters to what a customer brings, to the margin or to the win "
        "rate. Not one of the {tests} comparisons stands out by more than chance."
    ),
    "nothing_differs.many": (
        "No evidence that {dimensions} matter to what a customer brings, to the margin or to the win "
        "rate. Not one of the {tests} comparisons stands out by more than chance."
    ),
    # A customers
    "profile.note": (
        "Among the {count} A customers, who bring most of the revenue, “{segment}” ({dimension}) is {lift} "
        "times as common as among all who bought: {a_share} against {base_share}. {others}It is {sure} not "
        "by chance."
    ),
    "profile.others": "More common, too: {segments}. ",
    "profile.one": "“{segment}” ({dimension}, {lift} times)",
    "profile.no_evidence": (
        "No evidence that the {count} A customers differ in any trait from all who bought."
    ),
    "profile.not_enough_data": "Too few customers bought to say what A customers have more of.",
    # white spots
    "white_spots.note": (
        "Customers {segment} buy “{product}” less often than other customers with as many orders, "
        "{penetration} against {expected}, {sure} not by chance. At the usual rate that would be about "
        "{money} more in {window}. {others}"
    ),
    "white_spots.others": "{count} more such gaps are in the table.",
    "white_spots.no_evidence": (
        "No evidence of a white spot: no segment buys a {kind} less often than comparable customers do "
        "by more than chance."
    ),
    # mix
    "shift.changed": "The mix of revenue shifted: {shifts}; {sure} not by chance.",
    "shift.one": "“{segment}” ({dimension}) from {before} to {now}",
    "shift.no_evidence": (
        "No evidence that the mix of revenue between segments shifted against {before}: {tests} shares were "
        "compared."
    ),
    "shift.not_enough_data": (
        "Whether the mix of revenue between segments shifted against {before} cannot be said: too few "
        "customers carry it."
    ),
    "shift.no_comparison": (
        "Whether the mix of revenue between segments shifted cannot be said: there is no earlier period to "
        "compare with."
    ),
    # what the figures rest on
    "small.note": (
        "{few} of {all} segments have fewer than five customers who bought; they are shown and not judged."
    ),
    "not_stated.note": (
        "Much of the revenue is from customers with a trait left blank: {dimensions}. They are not judged "
        "by it."
    ),
    "without_customer.note": (
        "{share} of revenue in {window} ({money}) names no customer; it stands in a row of its own."
    ),
    "basis.note": (
        "All figures but the shift of the mix rest on net revenue in {window}, when {customers} bought."
    ),
    # what is left out
    "left.customers": "Everything about segments: no order line with an amount names a customer.",
    "left.unlike": "{dimensions} as a dimension: nearly every customer has another value.",
    "left.alike": "{dimensions} as a dimension: all customers have the same value.",
    "left.empty": "{dimensions} as a dimension: no value is stated.",
    "left.mixed": "{dimensions} as a dimension: customers buy in several of them.",
    "left.traits": "Industry, size and other traits: the data hold no list of customers.",
    "left.region": ("The region of a customer: not recorded, so the one in which it bought most is taken."),
    "left.lines": "Order lines: the data hold none, so each won deal counts as one order.",
    "left.margin": "Margin: what the goods sold have cost is not known.",
    "left.deals": "Win rate, average deal and days to decision: no deal was closed in the window.",
    "left.products": "White spots: the orders do not name a product.",
    "left.other_products": "White spots of {products}: only the best sellers are crossed.",
    "left.comparison": "The shift of the mix: there is no comparison period.",
    "left.costs": "Cost of a new customer: the data hold no marketing costs.",
    "left.newcomers": (
        "New customers and what they cost: the records begin less than a year before the window, so who is "
        "new cannot be told."
    ),
    "left.channel": "Cost of a new customer: the channel that brought it is not known.",
}
