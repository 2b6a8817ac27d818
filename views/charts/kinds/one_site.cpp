// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/one_site.h"

#include <algorithm>

namespace expertscope {

ChartOption siteOption(std::string meaning)
{
    return {{.name = "site", .standard = "0", .meaning = std::move(meaning), .least = 0, .most = 65534, .whole = true},
        "Site", true};
}

Expected<SiteIndex> chosenSite(const Study& study, const ChartQuestion& question)
{
    const std::size_t count = study.shape(question.trace).sites.size();
    const std::string name = "site " + question.params.text("site");
    const double number = question.params.number("site");
    if (count == 0)
        return fail("has no routers to draw", study.traces()[question.trace].path.string());
    if (number >= double(count))
        return fail("there is no such site", name, "sites go from 0 to " + std::to_string(count - 1));
    const SiteIndex site{std::uint16_t(number)};
    ES_ASSIGN(const std::vector<SiteIndex> kept, study.sitesOf(question.trace, question.scope));
    if (std::ranges::find(kept, site) == kept.end())
        return fail("is not among the sites that are kept", name, "choose " + std::to_string(kept.front().value));
    return site;
}

Scope scopeOfSites(const Scope& scope, std::vector<SiteIndex> sites)
{
    Scope narrowed = scope;
    narrowed.layers.clear();
    narrowed.sites = std::move(sites);
    return narrowed;
}

tl::unexpected<Error> nothingToDraw(const std::string& tokens, const std::string& what)
{
    return fail("holds no choices: nothing to draw", tokens.empty() ? what : tokens);
}

tl::unexpected<Error> nothingToDraw(const Results& results, const std::string& tokens, const std::string& what)
{
    const auto row = std::ranges::find_if(results.rows, [](const ResultRow& r) { return !r.undefined.empty(); });
    if (row == results.rows.end())
        return nothingToDraw(tokens, what);
    const std::string& why = row->undefined;
    const bool scores =
        why.find("not hold logits") != std::string::npos || why.find("not hold weights") != std::string::npos;
    return fail("nothing to draw: " + why, tokens.empty() ? what : tokens, scores ? "`expertscope capture --logits` records them" : "");
}

}
