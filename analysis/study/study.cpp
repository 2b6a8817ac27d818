// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/study.h"

#include "analysis/counts/choosing_tokens.h"
#include "analysis/metrics/series.h"
#include "analysis/results/result_document.h"
#include "analysis/spine/per_site.h"
#include "analysis/spine/selection.h"
#include "analysis/study/empty_scope.h"
#include "analysis/study/kept_things.h"
#include "analysis/study/question_text.h"
#include "analysis/study/summary.h"
#include "io/base/named.h"

#include <algorithm>
#include <mutex>
#include <set>

namespace expertscope {

using namespace results;

namespace {

constexpr std::uint64_t kMostKeptBytes = 256u << 20; ///< of results in memory, and of tables
constexpr std::uint64_t kMostTokenBits = std::uint64_t(256) << 23; ///< 256 MiB

std::uint64_t bytesOf(const Results& results)
{
    std::uint64_t bytes = 2 * sizeof(ResultRow) * results.rows.size(); // with its texts
    for (const ResultMatrix& matrix : results.matrices)
        bytes += sizeof matrix + sizeof(double) * matrix.values.size();
    return bytes;
}

LoadTablePtr tableOf(const Results& load, const RoutingShape& shape)
{
    auto table = std::make_shared<LoadTable>();
    for (const Site& site : shape.sites)
        table->numExperts = std::max(table->numExperts, site.numExperts);
    table->counts.resize(shape.sites.size() * table->numExperts);
    table->tokens.resize(shape.sites.size());
    table->choices.resize(shape.sites.size());
    for (const ResultRow& row : load.rows) {
        if (row.metric != "load.count" || !row.site || !row.expert || !row.value)
            continue;
        const auto site = std::size_t(*row.site);
        const auto count = static_cast<std::uint64_t>(*row.value);
        table->counts[site * table->numExperts + std::size_t(*row.expert)] = count;
        table->choices[site] += count;
        table->tokens[site] = row.n;
    }
    return table;
}

}

struct Study::Places
{
    std::vector<std::size_t> traces;
    std::string question; ///< but for the metric
    std::vector<std::string> contents = {}; ///< [trace]; empty: nothing is kept on disk

    std::string inMemory(const std::string& metric) const
    {
        return (traces.size() == 1 ? std::to_string(traces[0]) : "all") + '|' + question + metric;
    }
    std::string onDisk(const std::string& metric) const
    {
        return contents.empty() ? std::string() : ResultCache::keyOf(contents, question + metric);
    }
};

struct Study::Kept
{
    std::mutex mutex;
    std::vector<std::string> contents; ///< [trace] once it is known
    KeptThings<Results> results{kMostKeptBytes};
    KeptThings<LoadTable> tables{kMostKeptBytes};
    KeptThings<TokenSet> tokens{kMostTokenBits};

    /// What is kept under that key, else what `find` finds, which is kept then.
    template <class Find> Expected<TokenSetPtr> tokensOf(const std::string& key, Find find)
    {
        {
            const std::lock_guard lock(mutex);
            if (auto known = tokens.find(key))
                return known;
        }
        ES_ASSIGN(TokenSet found, find());
        auto those = std::make_shared<const TokenSet>(std::move(found));
        const std::lock_guard lock(mutex);
        tokens.keep(key, those, those->numTokens());
        return those;
    }
};

Progress partOf(const Progress& whole, double from, double to)
{
    if (!whole)
        return {};
    return [whole, from, to](double done) { return whole(from + (to - from) * done); };
}

Error inFile(Error error, const std::filesystem::path& path)
{
    if (!error.where.starts_with(path.string()))
        error.where = path.string() + (error.where.empty() ? "" : ": " + error.where);
    return error;
}

Expected<std::shared_ptr<const Study>> Study::open(
    const std::vector<std::filesystem::path>& paths, ResultCache cache, unsigned threads)
{
    std::vector<NamedTrace> traces;
    std::vector<FileState> states;
    std::multiset<std::string> stems;
    for (const std::filesystem::path& path : paths) {
        const FileState before = fileState(path);
        auto opened = TraceFile::open(path);
        if (!opened && isSummary(path)) {
            ES_ASSIGN(NamedTrace trace, openSummary(path));
            stems.insert(trace.name);
            states.emplace_back();
            traces.push_back(std::move(trace));
            continue;
        }
        ES_ASSIGN(auto file, std::move(opened));
        NamedTrace trace{path, path.stem().string(), nullptr, file->summary(), file->descriptor()};
        const FileState now = fileState(trace.file);
        states.push_back(now == before ? now : FileState());
        trace.source = std::move(file);
        stems.insert(trace.name);
        traces.push_back(std::move(trace));
    }
    for (NamedTrace& trace : traces) {
        if (stems.count(trace.name) > 1)
            trace.name = trace.path.string();
    }
    auto study = std::make_shared<Study>(std::move(traces), std::move(cache), threads);
    study->m_states = std::move(states);
    return study;
}

Study::Study(std::vector<NamedTrace> traces, ResultCache cache, unsigned threads)
    : m_traces(std::move(traces))
    , m_cache(std::move(cache))
    , m_threads(threads)
    , m_kept(std::make_shared<Kept>())
{
    for (const NamedTrace& trace : m_traces)
        m_states.push_back(fileState(trace.file));
    m_kept->contents.resize(m_traces.size());
}

std::string Study::contentOf(std::size_t trace, bool read, const Progress& progress) const
{
    if (!m_cache.keeps() || m_states[trace].text.empty() || !(fileState(m_traces[trace].file) == m_states[trace]))
        return {};
    {
        const std::lock_guard lock(m_kept->mutex);
        if (!m_kept->contents[trace].empty())
            return m_kept->contents[trace];
    }
    const std::string hash = m_cache.hashOf(m_traces[trace].file, m_states[trace], read,
        [&] { return !progress || progress(0); });
    const std::lock_guard lock(m_kept->mutex);
    return m_kept->contents[trace] = hash;
}

ResultsPtr Study::find(const Places& places, const MetricRequest& metric) const
{
    const std::string text = requestText(metric);
    if (text.empty())
        return nullptr;
    {
        const std::lock_guard lock(m_kept->mutex);
        if (auto known = m_kept->results.find(places.inMemory(text)))
            return known;
    }
    auto stored = m_cache.find(places.onDisk(text));
    if (!stored)
        return nullptr;
    const auto known = std::make_shared<const Results>(std::move(*stored));
    const std::lock_guard lock(m_kept->mutex);
    m_kept->results.keep(places.inMemory(text), known, bytesOf(*known));
    return known;
}

Expected<std::vector<ResultsPtr>> Study::answer(
    const Places& places, const std::vector<MetricRequest>& metrics, const Compute& compute) const
{
    std::vector<ResultsPtr> answers;
    std::vector<MetricRequest> unknown;
    for (const MetricRequest& metric : metrics) {
        answers.push_back(find(places, metric));
        if (!answers.back())
            unknown.push_back(metric);
    }
    if (unknown.empty())
        return answers;
    ES_ASSIGN(std::vector<Results> computed, compute(std::move(unknown)));
    // A file that has changed meanwhile was maybe read so.
    const bool same = std::ranges::none_of(places.traces, [&](std::size_t t) { return contentOf(t, false).empty(); });
    std::vector<ResultCache::Entry> entries;
    auto next = computed.begin();
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (answers[i])
            continue;
        makeFinite(*next);
        answers[i] = std::make_shared<const Results>(std::move(*next++));
        const std::string text = requestText(metrics[i]);
        if (same)
            entries.push_back({places.onDisk(text), answers[i].get()});
        const std::lock_guard lock(m_kept->mutex);
        m_kept->results.keep(places.inMemory(text), answers[i], bytesOf(*answers[i]));
    }
    m_cache.store(entries);
    return answers;
}

Expected<AnalysisRequest> Study::requestOf(
    std::size_t trace, const MetricQuestion& question, const Progress& progress) const
{
    AnalysisRequest request;
    ES_ASSIGN(request.pass, passOf(trace, question.scope, progress));
    request.metrics = question.metrics;
    request.pass.progress = progress;
    request.by = question.by;
    request.bootstrap = question.bootstrap;
    request.simulateUniform = question.simulateUniform;
    return request;
}

Expected<std::vector<ResultsPtr>> Study::metrics(
    std::size_t trace, const MetricQuestion& question, const Progress& progress) const
{
    Places places{{trace}, questionText(question)};
    if (std::string content = contentOf(trace, true, progress); !content.empty())
        places.contents = {std::move(content)};
    const auto compute = [&](std::vector<MetricRequest> metrics) -> Expected<std::vector<Results>> {
        if (m_traces[trace].answers)
            return summarised(trace, question, metrics);
        ES_ASSIGN(AnalysisRequest request, requestOf(trace, question, progress));
        request.metrics = std::move(metrics);
        BlockSource& source = *m_traces[trace].source;
        ES_ASSIGN(Analysis analysis, Analysis::prepare(source.shape(), std::move(request)));
        ES_TRY(analysis.run(source));
        return analysis.resultsOfEach(source);
    };
    auto answers = answer(places, question.metrics, compute);
    if (!answers)
        return tl::unexpected(inFile(std::move(answers).error(), m_traces[trace].path));
    return answers;
}

Expected<std::vector<Results>> Study::summarised(
    std::size_t trace, const MetricQuestion& question, const std::vector<MetricRequest>& metrics) const
{
    ES_TRY(passOf(trace, question.scope));
    std::vector<Results> answers;
    for (const MetricRequest& metric : metrics) {
        ES_ASSIGN(const ResultsPtr found, heldAnswer(trace, question, metric));
        if (!found && question.metrics.size() == 1)
            return fail("a summary, which does not hold this: " + metric.name, {}, "open the trace that it was made of");
        answers.push_back(found ? *found : Results());
        if (!found)
            answers.back().rows.push_back(undefinedRow(metric.name, "the summary does not hold this"));
    }
    return answers;
}

Expected<ResultsPtr> Study::heldAnswer(
    std::size_t trace, const MetricQuestion& question, const MetricRequest& metric) const
{
    ES_ASSIGN(ResultsPtr found, summarisedAnswer(m_traces[trace], question, metric));
    if (found || (question.scope.sites.empty() && question.scope.layers.empty()))
        return found;
    MetricQuestion whole = question;
    whole.scope.sites.clear();
    whole.scope.layers.clear();
    const Places places{{trace}, questionText(whole)};
    ResultsPtr all = find(places, metric);
    if (!all) {
        ES_ASSIGN(all, summarisedAnswer(m_traces[trace], whole, metric));
        if (!all)
            return all;
        const std::lock_guard lock(m_kept->mutex);
        m_kept->results.keep(places.inMemory(requestText(metric)), all, bytesOf(*all));
    }
    ES_ASSIGN(const std::vector<SiteIndex> sites, expertscope::sitesOf(question.scope, shape(trace)));
    if (sites.size() == shape(trace).sites.size())
        return all;
    if (!isToldBySite(metric))
        return ResultsPtr();
    return std::make_shared<const Results>(answerOfSites(*all, sites));
}

bool Study::knows(std::size_t trace, const MetricQuestion& question) const
{
    Places places{{trace}, questionText(question)};
    if (std::string content = contentOf(trace, false); !content.empty())
        places.contents = {std::move(content)};
    return std::ranges::all_of(
        question.metrics, [&](const MetricRequest& metric) { return find(places, metric) != nullptr; });
}

Expected<std::vector<ResultsPtr>> Study::series(const MetricQuestion& question, const Progress& progress) const
{
    std::vector<std::string> names;
    std::vector<BlockSource*> sources;
    Places places;
    for (std::size_t t = 0; t < m_traces.size(); ++t) {
        names.push_back(m_traces[t].name);
        sources.push_back(m_traces[t].source.get());
        places.traces.push_back(t);
        places.contents.push_back(contentOf(t, true, progress));
    }
    places.question = questionText(question, names);
    const auto compute = [&](std::vector<MetricRequest> metrics) -> Expected<std::vector<Results>> {
        ES_ASSIGN(SeriesSource source, SeriesSource::over(sources, names));
        ES_ASSIGN(AnalysisRequest request, requestOf(m_traces.size() - 1, question, progress));
        request.metrics = std::move(metrics);
        ES_ASSIGN(request, source.expanded(std::move(request)));
        ES_ASSIGN(Analysis analysis, Analysis::prepare(source.shape(), std::move(request)));
        ES_TRY(analysis.run(source));
        return analysis.resultsOfEach(source);
    };
    auto answers = answer(places, question.metrics, compute);
    if (answers || answers.error().what == kCancelled)
        return answers;
    std::vector<ResultsPtr> undefined;
    for (const MetricRequest& metric : question.metrics) {
        Results results;
        results.rows.push_back(undefinedRow(metric.name, answers.error().message()));
        undefined.push_back(std::make_shared<const Results>(std::move(results)));
    }
    return undefined;
}

Expected<LoadTablePtr> Study::load(std::size_t trace, const Scope& scope, const Progress& progress) const
{
    const std::string key = std::to_string(trace) + '|' + keyText(scope);
    {
        const std::lock_guard lock(m_kept->mutex);
        if (auto known = m_kept->tables.find(key))
            return known;
    }
    MetricQuestion question;
    question.metrics = {{"load"}};
    question.scope = scope;
    LoadTablePtr table;
    if (m_traces[trace].answers || !contentOf(trace, false).empty() || find({{trace}, questionText(question)}, question.metrics.front())) {
        ES_ASSIGN(const auto results, metrics(trace, question, progress));
        table = tableOf(*results.front(), shape(trace));
    } else {
        ES_ASSIGN(PassOptions pass, passOf(trace, scope, progress));
        pass.progress = progress;
        auto counted = loadTable(*m_traces[trace].source, pass);
        if (!counted)
            return tl::unexpected(inFile(std::move(counted).error(), m_traces[trace].path));
        table = std::make_shared<const LoadTable>(std::move(*counted));
    }
    const std::lock_guard lock(m_kept->mutex);
    m_kept->tables.keep(key, table, sizeof(std::uint64_t) * table->counts.size());
    return table;
}

Expected<Study::TokenSetPtr> Study::tokensThatChose(
    std::size_t trace, SiteIndex site, const std::vector<ExpertIndex>& experts, const Progress& progress) const
{
    std::string key = std::to_string(trace) + ' ' + std::to_string(site.value);
    for (const ExpertIndex expert : experts)
        key += ' ' + std::to_string(expert.value);
    return m_kept->tokensOf(key, [&] { return choosingTokens(*m_traces[trace].source, site, experts, progress); });
}

Expected<Study::TokenSetPtr> Study::tokensWithValue(
    std::size_t trace, SiteIndex site, const ValueBound& bound, const Progress& progress) const
{
    const std::string key = std::to_string(trace) + ' ' + std::to_string(site.value) + ' ' + valueConditionText({bound});
    return m_kept->tokensOf(key, [&] { return valuedTokens(*m_traces[trace].source, site, bound, progress); });
}

Expected<TokenSet> Study::tokensThatChose(std::size_t trace, const ExpertSet& set, const Progress& progress) const
{
    ES_ASSIGN(const auto experts, expertsOf(set, shape(trace)));
    TokenSet tokens(shape(trace).numTokens);
    for (auto at = experts.begin(); at != experts.end();) { // site by site, one reading each
        const SiteIndex site = at->site;
        std::vector<ExpertIndex> ofSite;
        for (; at != experts.end() && at->site == site; ++at)
            ofSite.push_back(at->expert);
        ES_ASSIGN(const TokenSetPtr chose, tokensThatChose(trace, site, ofSite, progress));
        tokens.unite(*chose);
    }
    return tokens;
}

Expected<PassOptions> Study::passOf(std::size_t trace, const Scope& scope, const Progress& progress) const
{
    auto pass = optionsOf(trace, scope, progress);
    if (pass) {
        if (auto leaves = checkLeavesTokens(shape(trace), scope, *pass); !leaves)
            pass = tl::unexpected(std::move(leaves).error());
    }
    if (!pass && pass.error().what != kCancelled)
        return tl::unexpected(inFile(std::move(pass).error(), m_traces[trace].path));
    return pass;
}

Expected<std::vector<SiteIndex>> Study::sitesOf(std::size_t trace, const Scope& scope) const
{
    auto sites = expertscope::sitesOf(scope, shape(trace));
    if (!sites)
        return tl::unexpected(inFile(std::move(sites).error(), m_traces[trace].path));
    return sites;
}

Expected<PassOptions> Study::optionsOf(std::size_t trace, const Scope& scope, const Progress& progress) const
{
    PassOptions pass;
    pass.threads = m_threads;
    pass.where = scope.where;
    pass.without = scope.without;
    if (!scope.sites.empty() || !scope.layers.empty()) {
        ES_ASSIGN(pass.sites, expertscope::sitesOf(scope, shape(trace)));
    }
    pass.skipFirst = scope.skipFirst;
    pass.phase = scope.phase;
    pass.sample = scope.sample;
    if (!scope.splitsSequences())
        return pass;
    const std::uint64_t numTokens = shape(trace).numTokens;
    TokenRange range{TokenIndex(0), TokenIndex(numTokens)};
    if (scope.tokens) {
        range.begin = std::min(scope.tokens->begin, range.end);
        range.end = std::clamp(scope.tokens->end, range.begin, range.end);
    }
    TokenSet tokens(numTokens);
    tokens.insert(range);
    for (const ExpertAt& expert : scope.chose) {
        ES_ASSIGN(const TokenSetPtr chose, tokensThatChose(trace, expert.site, {expert.expert}, progress));
        tokens.intersect(*chose);
    }
    for (const ExpertAt& expert : scope.spared) {
        ES_ASSIGN(const TokenSetPtr chose, tokensThatChose(trace, expert.site, {expert.expert}, progress));
        tokens.remove(*chose);
    }
    for (const ExpertSet& set : scope.choseAny) {
        ES_ASSIGN(const TokenSet chose, tokensThatChose(trace, set, progress));
        tokens.intersect(chose);
    }
    for (const ExpertSet& set : scope.sparedAny) {
        ES_ASSIGN(const TokenSet chose, tokensThatChose(trace, set, progress));
        tokens.remove(chose);
    }
    for (const ValueCondition& condition : scope.values) {
        ES_ASSIGN(const auto sites, expertscope::sitesOf(condition, shape(trace)));
        for (const SiteIndex site : sites) {
            ES_ASSIGN(const TokenSetPtr valued, tokensWithValue(trace, site, condition.bound, progress));
            tokens.intersect(*valued);
        }
    }
    pass.tokens = std::make_shared<const TokenSet>(std::move(tokens));
    return pass;
}

Expected<Study::Extent> Study::extentOf(std::size_t trace, const Scope& scope, const Progress& progress) const
{
    ES_ASSIGN(const PassOptions pass, optionsOf(trace, scope, progress));
    const RoutingShape& shape = this->shape(trace);
    ES_ASSIGN(const auto sequences, selectSequences(shape, pass));
    Extent extent;
    for (const SequenceIndex s : sequences) {
        const Sequence& sequence = shape.sequences[std::size_t(s)];
        const PositionRange kept = keptPositions(sequence, pass);
        const TokenIndex begin(sequence.begin.value + kept.begin), end(sequence.begin.value + kept.end);
        const std::uint64_t tokens = pass.tokens ? pass.tokens->count({begin, end}) : end.value - begin.value;
        extent.tokens += tokens;
        extent.sequences += tokens > 0;
    }
    return extent;
}

}
