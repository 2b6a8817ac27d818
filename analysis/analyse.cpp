// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/analyse.h"

#include "analysis/by_label.h"
#include "analysis/per_site.h"

#include <algorithm>

namespace expertscope {

namespace {

std::string describe(const Columns& columns)
{
    std::string text;
    const auto add = [&](bool wanted, const char* name) {
        if (wanted)
            text += (text.empty() ? "" : " and ") + std::string(name);
    };
    add(columns.weights, "weights");
    add(columns.entropy, "entropy");
    add(columns.margin, "margin");
    add(columns.logits, "logits");
    add(columns.tokenIds, "token ids");
    return text;
}

Columns united(const Columns& a, const Columns& b)
{
    return {a.weights || b.weights, a.entropy || b.entropy, a.margin || b.margin, a.logits || b.logits,
        a.tokenIds || b.tokenIds};
}

/// The first alternative that the trace holds.
const Columns* firstRecorded(const std::vector<Columns>& needs, const Columns& recorded)
{
    const auto found =
        std::ranges::find_if(needs, [&](const Columns& need) { return united(need, recorded) == recorded; });
    return found == needs.end() ? nullptr : &*found;
}

/// A request that has been checked against the registry and the trace.
struct Job
{
    const MetricSpec* spec = nullptr;
    MetricContext context;
    std::string missing; ///< why it cannot be computed, or empty
};

Expected<const MetricSpec*> findMetric(const std::string& name)
{
    std::string known;
    for (const MetricSpec& spec : metricRegistry()) {
        if (spec.name == name)
            return &spec;
        known += (known.empty() ? "" : ", ") + spec.name;
    }
    return fail("unknown metric '" + name + "'", {}, "known: " + known);
}

Expected<Job> makeJob(const RoutingShape& shape, const MetricRequest& request, const Label* by, Columns& wanted)
{
    Job job;
    ES_ASSIGN(job.spec, findMetric(request.name));
    job.context.shape = &shape;
    job.context.by = by;
    job.context.params = job.spec->params;
    for (const auto& [name, value] : request.params) {
        if (!job.context.params.contains(name))
            return fail("metric '" + request.name + "' has no parameter '" + name + "'");
        job.context.params[name] = value;
    }
    if (job.spec->needsLabel && !by) {
        job.missing = "needs a label to compare by; the trace has ";
        for (std::size_t i = 0; i < shape.labels.size(); ++i)
            job.missing += (i ? ", " : "") + shape.labels[i].name;
        if (shape.labels.empty())
            job.missing += "none";
    } else if (!job.spec->needs.empty()) {
        if (const Columns* columns = firstRecorded(job.spec->needs, shape.columns))
            wanted = united(wanted, *columns);
        else
            job.missing = "the trace does not hold " + describeNeeds(job.spec->needs);
    }
    return job;
}

}

std::string describeNeeds(const std::vector<Columns>& needs)
{
    std::string text;
    for (const Columns& alternative : needs) {
        const bool lessWouldDo = std::ranges::any_of(needs,
            [&](const Columns& other) { return !(other == alternative) && united(other, alternative) == alternative; });
        if (!lessWouldDo)
            text += (text.empty() ? "" : ", or ") + describe(alternative);
    }
    return text;
}

Expected<std::vector<ResultRow>> analyse(
    BlockSource& source, const std::vector<MetricRequest>& requests, const std::string& by, const PassOptions& options)
{
    const RoutingShape& shape = source.shape();
    const Label* label = nullptr;
    if (!by.empty()) {
        ES_ASSIGN(label, findLabel(shape, by));
    }
    ES_ASSIGN(const auto sites, selectSites(shape, options));
    Columns wanted;
    std::vector<Job> jobs;
    for (const MetricRequest& request : requests) {
        ES_ASSIGN(Job job, makeJob(shape, request, label, wanted));
        job.context.sites = sites;
        jobs.push_back(std::move(job));
    }
    const auto make = [&] {
        AccumulatorSet set;
        for (const Job& job : jobs) {
            if (!job.missing.empty())
                continue;
            set.push_back(
                label && !job.spec->needsLabel ? splitByLabel(*job.spec, job.context) : job.spec->make(job.context));
        }
        return set;
    };
    ES_ASSIGN(const AccumulatorSet set, runPass(source, wanted, make, options));

    std::vector<ResultRow> rows;
    auto computed = set.begin();
    for (const Job& job : jobs) {
        if (!job.missing.empty()) {
            rows.push_back(undefinedRow(job.spec->name, job.missing));
            continue;
        }
        std::vector<ResultRow> more = (*computed++)->result();
        std::ranges::move(more, std::back_inserter(rows));
    }
    return rows;
}

}
