// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/metrics/analyse.h"

#include "analysis/metrics/needs.h"
#include "analysis/metrics/registry.h"
#include "analysis/metrics/simulated_rows.h"
#include "analysis/spine/bootstrap.h"
#include "analysis/spine/by_label.h"
#include "analysis/spine/per_site.h"
#include "analysis/spine/selection.h"
#include "analysis/spine/uniform_source.h"

#include <algorithm>
#include <map>

namespace expertscope {

namespace {

/// A request that has been checked against the registry and the trace.
struct Job
{
    const MetricSpec* spec = nullptr;
    MetricContext context;
    std::string missing; ///< why it cannot be computed, or empty
};

std::unique_ptr<Accumulator> makeAccumulator(const Job& job, const Label* by, unsigned replicates, bool valuesOnly)
{
    const auto make = [&job, by](bool onlyValues) {
        MetricContext context = job.context;
        context.valuesOnly = onlyValues;
        return by && !job.spec->needsLabel ? splitByLabel(*job.spec, context, *by) : job.spec->make(context);
    };
    if (replicates == 0)
        return make(valuesOnly);
    const AccumulatorFactory plain = [make] { return make(false); }, replicate = [make] { return make(true); };
    return job.spec->groupsSequences ? bootstrapped(replicate, replicate, *job.spec, job.context, by, replicates, plain)
                                     : bootstrapped(plain, replicate, *job.spec, job.context, by, replicates);
}

}

struct Analysis::Private
{
    const RoutingShape* shape = nullptr;
    AnalysisRequest request;
    const Label* label = nullptr;
    std::vector<Job> jobs;
    AccumulatorSet learnt; ///< one a computable job: of the first pass
    AccumulatorSet set; ///< the same, of the last pass
    bool ran = false;
    bool sampled = false; ///< not all selected sequences are looked at

    /// Says of results of a sample that they are.
    void mark(Results& results) const
    {
        if (!sampled)
            return;
        for (ResultRow& row : results.rows)
            row.params["sample"] = double(request.pass.sample);
        for (ResultMatrix& matrix : results.matrices)
            matrix.params["sample"] = double(request.pass.sample);
    }

    std::vector<const Job*> computable() const
    {
        std::vector<const Job*> chosen;
        for (const Job& job : jobs) {
            if (job.missing.empty())
                chosen.push_back(&job);
        }
        return chosen;
    }

    PassNeeds needsOf(const std::vector<const Job*>& some) const
    {
        PassNeeds needs;
        for (const Job* job : some) {
            if (const Columns* columns = firstRecorded(job->spec->needs, shape->columns))
                needs.columns = united(needs.columns, *columns);
            if (const Columns* columns = firstRecorded(job->spec->likes, shape->columns))
                needs.columns = united(needs.columns, *columns);
            needs.sitesTogether |= job->spec->crossSite;
        }
        return needs;
    }

    AccumulatorSet makeSet(const std::vector<const Job*>& some, unsigned replicates, bool valuesOnly) const
    {
        AccumulatorSet made;
        for (const Job* job : some)
            made.push_back(makeAccumulator(*job, label, replicates, valuesOnly));
        return made;
    }

    /// Both passes of `some` over a source. The accumulators of the second may refer to those of the first.
    Expected<void> passes(BlockSource& source, const std::vector<const Job*>& some, const PassOptions& options,
        unsigned replicates, bool valuesOnly, AccumulatorSet& first, AccumulatorSet& last) const
    {
        ES_ASSIGN(first, runPass(source, needsOf(some), [&] { return makeSet(some, replicates, valuesOnly); }, options));
        last.resize(first.size());
        std::vector<const Job*> again;
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < some.size(); ++i) {
            if (some[i]->spec->twoPasses) {
                again.push_back(some[i]);
                places.push_back(i);
            }
        }
        if (again.empty())
            return {};
        const auto make = [&] {
            AccumulatorSet made;
            for (const std::size_t i : places)
                made.push_back(first[i]->secondPass());
            return made;
        };
        ES_ASSIGN(AccumulatorSet second, runPass(source, needsOf(again), make, options));
        for (std::size_t i = 0; i < places.size(); ++i)
            last[places[i]] = std::move(second[i]);
        return {};
    }

    static const Accumulator& finished(const AccumulatorSet& first, const AccumulatorSet& last, std::size_t i)
    {
        return last[i] ? *last[i] : *first[i];
    }

    /// What the metrics without a closed form give for routing by chance. Of those that take long less is simulated.
    Expected<void> simulateUniform(BlockSource& source, std::vector<Results>& measured) const
    {
        std::map<std::uint64_t, std::vector<std::size_t>> byPairs; // those that share their passes
        const std::vector<const Job*> all = computable();
        std::uint64_t tokens = 0;
        for (std::size_t i = 0; !all.empty() && i < all[0]->context.selection->sequences.size(); ++i)
            tokens += keptPositions(shape->sequences[std::size_t(all[0]->context.selection->sequences[i])], request.pass).length();
        for (std::size_t i = 0; i < all.size(); ++i) {
            const MetricSpec& spec = *all[i]->spec;
            const bool any = std::ranges::any_of(measured[i].rows, [](const ResultRow& row) { return row.value.has_value(); });
            if (spec.simulateUniform && request.simulateUniform && any)
                byPairs[simulatedPairs(spec.cost, shape->numSlots, tokens * all[i]->context.sites.size())].push_back(i);
        }
        UniformSource chance(source);
        for (const auto& [pairs, places] : byPairs)
            ES_TRY(simulateUniform(chance, pairs, places, measured));
        return {};
    }

    Expected<void> simulateUniform(UniformSource& chance, std::uint64_t pairs, const std::vector<std::size_t>& places,
        std::vector<Results>& measured) const
    {
        std::vector<const Job*> some;
        for (const std::size_t i : places)
            some.push_back(computable()[i]);
        const MetricContext& context = some.front()->context;
        const PassOptions options =
            simulationOptions(request.pass, *shape, *context.selection, context.sites.size(), pairs);
        std::vector<SimulatedRows> rows(some.size());
        for (unsigned draw = 1; draw <= kUniformDraws; ++draw) {
            chance.setSeed(draw);
            AccumulatorSet first, last;
            ES_TRY(passes(chance, some, options, 0, true, first, last));
            for (std::size_t i = 0; i < some.size(); ++i)
                rows[i].add(finished(first, last, i).result().rows);
        }
        for (std::size_t i = 0; i < some.size(); ++i)
            rows[i].apply(measured[places[i]].rows, some[i]->spec->uniformIsLimit);
        return {};
    }

    /// Why rows that have a value have no `uniform`.
    void explainUniform(const MetricSpec& spec, std::vector<ResultRow>& rows) const
    {
        for (ResultRow& row : rows) {
            if (!row.value || row.uniform)
                row.uniformUndefined.clear();
            else if (row.uniformUndefined.empty())
                row.uniformUndefined = !spec.noUniform.empty() ? spec.noUniform
                    : !spec.simulateUniform                    ? "no closed form"
                    : request.simulateUniform                  ? "not in the part that is simulated"
                                                               : "not simulated";
        }
    }
};

Analysis::Analysis(std::unique_ptr<Private> data)
    : d(std::move(data))
{
}
Analysis::Analysis(Analysis&&) noexcept = default;
Analysis& Analysis::operator=(Analysis&&) noexcept = default;
Analysis::~Analysis() = default;

Expected<Analysis> Analysis::prepare(const RoutingShape& shape, AnalysisRequest request)
{
    auto d = std::make_unique<Private>();
    d->shape = &shape;
    d->request = std::move(request);
    if (!d->request.by.empty()) {
        ES_ASSIGN(d->label, findLabel(shape, d->request.by));
    }
    if (d->request.pass.shard.index >= d->request.pass.shard.count)
        return fail("there is no such shard", {}, "of n they are 0 to n - 1");
    MetricContext common;
    common.shape = &shape;
    common.by = d->label;
    ES_ASSIGN(common.sites, selectSites(shape, d->request.pass));
    auto selection = std::make_shared<Selection>();
    ES_ASSIGN(selection->sequences, selectSequences(shape, d->request.pass));
    if (d->request.pass.sample > 0) {
        PassOptions whole = d->request.pass;
        whole.sample = 0;
        ES_ASSIGN(const auto all, selectSequences(shape, whole));
        d->sampled = all.size() > selection->sequences.size();
    }
    selection->rank.assign(shape.sequences.size(), -1);
    for (std::size_t i = 0; i < selection->sequences.size(); ++i)
        selection->rank[std::size_t(selection->sequences[i])] = static_cast<std::int32_t>(i);
    common.selection = std::move(selection);
    common.series = d->request.series;
    for (const MetricRequest& metric : d->request.metrics) {
        Job job;
        ES_ASSIGN(job.spec, findMetric(metric.name));
        job.context = common;
        auto params = Parameters::check(job.spec->params, metric.params);
        if (!params) {
            Error error = std::move(params).error();
            error.what = "metric '" + metric.name + "': " + error.what;
            return tl::unexpected(std::move(error));
        }
        job.context.params = std::move(*params);
        job.missing = whatIsMissing(*job.spec, shape, d->label != nullptr, d->request.pass.tokens != nullptr,
            std::max<std::size_t>(common.series.size(), 1));
        d->jobs.push_back(std::move(job));
    }
    return Analysis(std::move(d));
}

Expected<void> Analysis::run(BlockSource& source)
{
    d->ran = false;
    ES_TRY(d->passes(source, d->computable(), d->request.pass, d->request.bootstrap, false, d->learnt, d->set));
    d->ran = true;
    return {};
}

Expected<std::string> Analysis::save() const
{
    Archive archive;
    const auto jobs = d->computable();
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (jobs[i]->spec->twoPasses)
            return fail("metric '" + jobs[i]->spec->name + "' needs two passes: it cannot be split into shards");
        d->learnt[i]->persist(archive);
    }
    return archive.bytes();
}

Expected<void> Analysis::absorb(std::string_view state)
{
    const auto jobs = d->computable();
    AccumulatorSet fresh = d->makeSet(jobs, d->request.bootstrap, false);
    Archive archive(state);
    for (const auto& accumulator : fresh) {
        if (archive.ok())
            accumulator->persist(archive);
    }
    if (!archive.ok() || !archive.atEnd())
        return fail("this is not the state of such an analysis");
    if (!d->ran) {
        d->learnt = std::move(fresh);
        d->set.clear();
        d->set.resize(d->learnt.size());
        d->ran = true;
        return {};
    }
    for (std::size_t i = 0; i < fresh.size(); ++i)
        d->learnt[i]->merge(*fresh[i]);
    return {};
}

Expected<std::vector<Results>> Analysis::resultsOfEach(BlockSource& source) const
{
    const auto jobs = d->computable();
    std::vector<Results> measured;
    for (std::size_t i = 0; i < jobs.size(); ++i)
        measured.push_back(Private::finished(d->learnt, d->set, i).result());
    ES_TRY(d->simulateUniform(source, measured));

    std::vector<Results> each;
    auto next = measured.begin();
    for (const Job& job : d->jobs) {
        Results& results = each.emplace_back();
        if (!job.missing.empty()) {
            results.rows.push_back(undefinedRow(job.spec->name, job.missing));
            continue;
        }
        results = std::move(*next++);
        d->explainUniform(*job.spec, results.rows);
        d->mark(results);
    }
    return each;
}

Expected<Results> Analysis::results(BlockSource& source) const
{
    ES_ASSIGN(std::vector<Results> each, resultsOfEach(source));
    Results all;
    for (Results& results : each) {
        std::ranges::move(results.rows, std::back_inserter(all.rows));
        std::ranges::move(results.matrices, std::back_inserter(all.matrices));
    }
    return all;
}

Expected<Results> analyse(BlockSource& source, AnalysisRequest request)
{
    ES_ASSIGN(Analysis analysis, Analysis::prepare(source.shape(), std::move(request)));
    ES_TRY(analysis.run(source));
    return analysis.results(source);
}

Expected<Results> analyse(
    BlockSource& source, const std::vector<MetricRequest>& requests, const std::string& by, const PassOptions& options)
{
    AnalysisRequest request;
    request.metrics = requests;
    request.by = by;
    request.pass = options;
    return analyse(source, std::move(request));
}

}
