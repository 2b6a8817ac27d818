// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/flow_window.h"

#include "views/charts/kinds/against.h"
#include "views/charts/kinds/flow_gaps.h"
#include "views/charts/kinds/flow_order.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <tuple>

namespace expertscope {

FlowBlockCount FlowWindow::block(const std::vector<FlowGap>& gaps, std::size_t column, std::size_t expert)
{
    FlowBlockCount block;
    if (column < gaps.size()) {
        const FlowGap& after = gaps[column];
        block = {after.sharesFrom[expert], after.from[expert], after.tokens};
    }
    if (column > 0 && gaps[column - 1].sharesTo[expert] > block.share) {
        const FlowGap& before = gaps[column - 1];
        block = {before.sharesTo[expert], before.to[expert], before.tokens};
    }
    return block;
}

Expected<std::optional<ExpertAt>> flowFocus(const Parameters& params)
{
    const std::string& text = params.text("focus");
    if (text.empty())
        return std::nullopt;
    const QStringList parts = QString::fromStdString(text).split(':');
    bool isSite = false, isExpert = false;
    const unsigned short site = parts[0].toUShort(&isSite),
                         expert = parts.size() == 2 ? parts[1].toUShort(&isExpert) : std::uint16_t(0);
    if (!isSite || !isExpert)
        return fail("is not SITE:EXPERT, such as 2:17", "focus " + text);
    return ExpertAt{SiteIndex(site), ExpertIndex(expert)};
}

namespace {

using Level = FlowWindow::Level;

Expected<void> checkFocus(const FlowWindow& data, const ExpertAt& focus)
{
    const std::string name = std::to_string(focus.site.value);
    if (std::ranges::find(data.sites, focus.site) == data.sites.end())
        return fail("is not among the columns", "focus: site " + name);
    const unsigned E = data.shape.sites[std::size_t(focus.site)].numExperts;
    if (focus.expert.value >= E)
        return fail("there is no such expert", "focus " + name + ':' + std::to_string(focus.expert.value),
            "experts go from 0 to " + std::to_string(E - 1));
    return {};
}

Expected<std::vector<SiteIndex>> windowOf(const Study& study, const ChartQuestion& question, Level level)
{
    const std::size_t count = study.shape(question.trace).sites.size();
    const auto number = [&](const char* name) { return std::size_t(question.params.number(name)); };
    const std::size_t first = number("site"), distance = number("distance");
    const std::string name = "site " + question.params.text("site");
    if (count < 2)
        return fail(count ? "has one router: flow needs two in a row" : "has no routers to draw",
            study.traces()[question.trace].path.string());
    if (first >= count)
        return fail("there is no such site", name, "sites go from 0 to " + std::to_string(count - 1));
    if (distance >= count)
        return fail("no two routers lie that far apart", "distance " + std::to_string(distance),
            "choose " + std::to_string(count - 1) + " or lower");
    const std::size_t all = (count - 1) / distance;
    const std::size_t steps = level == Level::Spine ? all : std::min(number("columns") - 1, all);
    const std::size_t begin = level == Level::Spine ? 0 : std::min(first, count - 1 - steps * distance);
    ES_ASSIGN(const std::vector<SiteIndex> kept, study.sitesOf(question.trace, question.scope));
    std::vector<SiteIndex> sites;
    for (std::size_t i = 0; i <= steps; ++i) {
        sites.emplace_back(std::uint16_t(begin + i * distance));
        if (std::ranges::find(kept, sites.back()) == kept.end())
            return fail("is not among the sites that are kept", "site " + std::to_string(sites.back().value),
                "keep as many in a row as the window has");
    }
    return sites;
}

/// The gaps of some tokens of a trace. `tokens`: which, in words.
Expected<std::vector<FlowGap>> gapsOf(const Study& study, std::size_t trace, const FlowWindow& window,
    const ChartQuestion& question, const Scope& scope, const Progress& progress)
{
    MetricQuestion asked;
    asked.metrics = {flowMetricOf(window.choices, question.params.text("distance"))};
    asked.scope = scopeOfSites(scope, window.sites);
    ES_ASSIGN(const auto results, study.metrics(trace, asked, progress));
    std::vector<FlowGap> gaps;
    for (std::size_t c = 0; c + 1 < window.columns(); ++c) {
        gaps.push_back(flowGapOf(*results.front(), window.sites[c], window.choices));
        if (!(gaps.back().pairs > 0))
            return nothingToDraw(*results.front(), describeTokens(scope, study.shape(trace)), asked.metrics[0].name);
    }
    return gaps;
}

/// Adds what is more than chance.
void addLinks(
    const std::vector<FlowGap>& gaps, std::vector<std::vector<double>>& sizes, std::vector<std::vector<double>>& excess)
{
    sizes.resize(gaps.size() + 1);
    excess.resize(gaps.size());
    const auto add = [](std::vector<double>& to, const std::vector<double>& from) {
        to.resize(from.size());
        for (std::size_t i = 0; i < from.size(); ++i)
            to[i] += from[i];
    };
    for (std::size_t g = 0; g < gaps.size(); ++g) {
        add(sizes[g], gaps[g].sharesFrom);
        std::vector<double> more(gaps[g].count.size());
        for (std::size_t at = 0; at < more.size(); ++at) {
            const double over = gaps[g].count[at] - gaps[g].expected[at];
            more[at] = over > 0 && gaps[g].z[at] > 0 ? 100 * over / gaps[g].pairs : 0;
        }
        add(excess[g], more);
    }
    add(sizes.back(), gaps.back().sharesTo);
}

/// Experts of the columns from the top down: what is more than chance crosses as little as can be. Of two traces that
/// of both together, whichever is named first.
std::vector<std::vector<std::size_t>> ordersOf(const std::vector<std::vector<FlowGap>>& traces)
{
    std::vector<std::vector<double>> sizes, excess;
    for (const std::vector<FlowGap>& gaps : traces)
        addLinks(gaps, sizes, excess);
    std::vector<std::vector<FlowLink>> links(excess.size());
    for (std::size_t g = 0; g < links.size(); ++g) {
        const std::size_t columns = sizes[g + 1].size();
        for (std::size_t at = 0; at < excess[g].size(); ++at) {
            if (excess[g][at] > 0)
                links[g].push_back({at / columns, at % columns, excess[g][at]});
        }
    }
    return flowOrder(sizes, links);
}

Expected<void> checkAlike(const Study& study, const FlowWindow& data, std::size_t trace, std::size_t other)
{
    const RoutingShape &a = study.shape(trace), &b = study.shape(other);
    const std::string where = data.name + ", " + study.traces()[other].name;
    if (a.sites.size() != b.sites.size())
        return fail("have " + std::to_string(a.sites.size()) + " and " + std::to_string(b.sites.size())
                + " routers: their flows are not compared",
            where);
    for (const SiteIndex site : data.sites) {
        const unsigned x = a.sites[std::size_t(site)].numExperts, y = b.sites[std::size_t(site)].numExperts;
        if (x != y)
            return fail("have " + std::to_string(x) + " and " + std::to_string(y) + " experts at site "
                    + std::to_string(site.value) + ": their flows are not compared",
                where);
    }
    return {};
}

/// The expert that is chosen most at the site of the option.
Expected<ExpertAt> busiest(const Study& study, const ChartQuestion& question)
{
    const SiteIndex site(std::uint16_t(question.params.number("site")));
    ES_ASSIGN(const LoadTablePtr load, study.load(question.trace, question.scope));
    ExpertAt most{site, ExpertIndex(0)};
    for (std::uint16_t e = 0; e < study.shape(question.trace).sites[std::size_t(site)].numExperts; ++e) {
        if (load->count(site, ExpertIndex(e)) > load->count(site, most.expert))
            most.expert = ExpertIndex(e);
    }
    return most;
}

/// Of all tokens.
Expected<void> arrange(FlowWindow& data, const Study& study, const ChartQuestion& question,
    std::optional<std::size_t> other, const Progress& progress)
{
    std::vector<std::vector<FlowGap>> traces(1);
    ES_ASSIGN(traces[0], gapsOf(study, question.trace, data, question, {}, partOf(progress, 0, other ? 0.5 : 1)));
    if (other) {
        ES_ASSIGN(traces.emplace_back(), gapsOf(study, *other, data, question, {}, partOf(progress, 0.5, 1)));
    }
    data.orders = ordersOf(traces);
    for (const auto& order : data.orders) {
        data.places.emplace_back(order.size());
        for (std::size_t place = 0; place < order.size(); ++place)
            data.places.back()[order[place]] = place;
    }
    return {};
}

}

Expected<ChartDataPtr> computeFlowWindow(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    auto data = std::make_shared<FlowWindow>();
    const Parameters& params = question.params;
    const std::string& level = params.text("level");
    data->level = level == "spine" ? Level::Spine : level == "paths" ? Level::Paths : Level::Window;
    data->choices = params.text("choices");
    data->shape.sites = study.shape(question.trace).sites;
    ES_ASSIGN(data->sites, windowOf(study, question, data->level));
    const NamedTrace& trace = study.traces()[question.trace];
    data->trace = csvTrace(trace);
    data->name = trace.name;
    ES_ASSIGN(data->focus, flowFocus(params));
    ES_ASSIGN(const std::optional<AskedSides> sides, askedSides(study, question, {}, progress));
    if (data->focus)
        ES_TRY(checkFocus(*data, *data->focus));
    std::optional<std::size_t> otherTrace; ///< whose order counts too
    Scope scope = question.scope;
    if (data->level == Level::Paths) {
        if (data->weighted() || sides)
            return fail("paths are drawn of the tokens of one side, not of weights", "level=paths",
                "leave out choices=weights, against and against_trace");
        if (!data->focus) {
            ES_ASSIGN(data->focus, busiest(study, question));
        }
        scope.chose.push_back(*data->focus);
    }
    data->tokens = describeTokens(scope, study.shape(question.trace));
    ES_ASSIGN(data->gaps, gapsOf(study, question.trace, *data, question, scope, partOf(progress, 0, 0.3)));
    if (data->level == Level::Paths) {
        ES_ASSIGN(const std::vector<FlowGap> all,
            gapsOf(study, question.trace, *data, question, question.scope, partOf(progress, 0.3, 0.6)));
        for (std::size_t g = 0; g < all.size(); ++g)
            data->gaps[g] = flowGapAgainst(std::move(data->gaps[g]), all[g]);
    }
    if (sides) {
        const std::size_t other = sides->b.trace;
        ES_TRY(checkAlike(study, *data, question.trace, other));
        data->againstTrace = csvTrace(study.traces()[other]);
        std::tie(data->name, data->againstName) = sides->names;
        ES_ASSIGN(data->against, gapsOf(study, other, *data, question, sides->b.scope, partOf(progress, 0.3, 0.6)));
        if (other != question.trace)
            otherTrace = other;
        if (!(sides->a.scope == sides->b.scope))
            data->tokens = describe(study, sides->a) + " against " + describe(study, sides->b);
    }
    ES_TRY(arrange(*data, study, question, otherTrace, partOf(progress, 0.6, 1)));
    return data;
}

}
