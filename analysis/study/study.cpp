// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/study.h"

#include "analysis/counts/choosing_tokens.h"
#include "analysis/spine/selection.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

namespace expertscope {

namespace {

/// Things by key, the ones longest unused dropped first. A thing of a trace larger than all room is kept alone.
template <class Thing> class KeptThings
{
public:
    explicit KeptThings(std::uint64_t room)
        : m_room(room)
    {
    }

    std::shared_ptr<const Thing> find(const std::string& key)
    {
        const auto found = m_things.find(key);
        if (found == m_things.end())
            return nullptr;
        found->second.used = ++m_clock;
        return found->second.thing;
    }

    void keep(const std::string& key, std::shared_ptr<const Thing> thing, std::uint64_t size)
    {
        m_size += size;
        auto& place = m_things[key];
        m_size -= place.size;
        place = {std::move(thing), size, ++m_clock};
        while (m_size > m_room && m_things.size() > 1) {
            const auto oldest = std::ranges::min_element(m_things, {}, [](const auto& entry) { return entry.second.used; });
            m_size -= oldest->second.size;
            m_things.erase(oldest);
        }
    }

private:
    struct Place
    {
        std::shared_ptr<const Thing> thing;
        std::uint64_t size = 0, used = 0;
    };
    const std::uint64_t m_room;
    std::uint64_t m_size = 0, m_clock = 0;
    std::map<std::string, Place> m_things;
};

constexpr std::uint64_t kMostNumbers = 8u << 20; ///< rows and elements of matrices that are kept in memory
constexpr std::uint64_t kMostTokenBits = std::uint64_t(256) << 23; ///< 256 MiB

std::uint64_t sizeOf(const Results& results)
{
    std::uint64_t size = results.rows.size();
    for (const ResultMatrix& matrix : results.matrices)
        size += matrix.values.size();
    return size;
}

/// Tells apart what one trace is asked for, but for the metric.
std::string keyOf(std::size_t trace, const MetricQuestion& question)
{
    return std::to_string(trace) + '|' + keyText(question.scope) + '|' + question.by + '|'
        + std::to_string(question.bootstrap) + (question.simulateUniform ? "|u|" : "|-|");
}

std::string keyOf(const MetricRequest& metric)
{
    std::string key = metric.name;
    for (const auto& [name, value] : metric.params)
        key += ' ' + std::to_string(value.size()) + ':' + name + '=' + value;
    return key;
}

}

struct Study::Kept
{
    std::mutex mutex;
    KeptThings<Results> results{kMostNumbers};
    KeptThings<TokenSet> tokens{kMostTokenBits};
};

Expected<std::shared_ptr<const Study>> Study::open(const std::vector<std::filesystem::path>& paths)
{
    std::vector<NamedTrace> traces;
    std::multiset<std::string> stems;
    for (const std::filesystem::path& path : paths) {
        ES_ASSIGN(auto file, TraceFile::open(path));
        NamedTrace trace{path, path.stem().string(), nullptr, file->summary()};
        trace.source = std::move(file);
        stems.insert(trace.name);
        traces.push_back(std::move(trace));
    }
    for (NamedTrace& trace : traces) {
        if (stems.count(trace.name) > 1)
            trace.name = trace.path.string();
    }
    return std::make_shared<const Study>(std::move(traces));
}

Study::Study(std::vector<NamedTrace> traces)
    : m_traces(std::move(traces))
    , m_kept(std::make_shared<Kept>())
{
}

Expected<std::vector<ResultsPtr>> Study::metrics(
    std::size_t trace, const MetricQuestion& question, const Progress& progress) const
{
    const std::string common = keyOf(trace, question);
    std::vector<ResultsPtr> known;
    AnalysisRequest request;
    {
        const std::lock_guard lock(m_kept->mutex);
        for (const MetricRequest& metric : question.metrics) {
            known.push_back(m_kept->results.find(common + keyOf(metric)));
            if (!known.back())
                request.metrics.push_back(metric);
        }
    }
    if (request.metrics.empty())
        return known;
    ES_ASSIGN(request.pass, passOf(trace, question.scope, progress));
    request.pass.progress = progress;
    request.by = question.by;
    request.bootstrap = question.bootstrap;
    request.simulateUniform = question.simulateUniform;
    BlockSource& source = *m_traces[trace].source;
    ES_ASSIGN(Analysis analysis, Analysis::prepare(source.shape(), std::move(request)));
    ES_TRY(analysis.run(source));
    ES_ASSIGN(std::vector<Results> computed, analysis.resultsOfEach(source));
    const std::lock_guard lock(m_kept->mutex);
    auto next = computed.begin();
    for (std::size_t i = 0; i < known.size(); ++i) {
        if (known[i])
            continue;
        known[i] = std::make_shared<const Results>(std::move(*next++));
        m_kept->results.keep(common + keyOf(question.metrics[i]), known[i], sizeOf(*known[i]));
    }
    return known;
}

Expected<LoadTablePtr> Study::load(std::size_t trace, const Scope& scope, const Progress& progress) const
{
    MetricQuestion question;
    question.metrics = {{"load"}};
    question.scope = scope;
    ES_ASSIGN(const auto results, metrics(trace, question, progress));
    const RoutingShape& shape = this->shape(trace);
    auto table = std::make_shared<LoadTable>();
    for (const Site& site : shape.sites)
        table->numExperts = std::max(table->numExperts, site.numExperts);
    table->counts.resize(shape.sites.size() * table->numExperts);
    table->tokens.resize(shape.sites.size());
    table->choices.resize(shape.sites.size());
    for (const ResultRow& row : results.front()->rows) {
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

Expected<Study::TokenSetPtr> Study::tokensThatChose(std::size_t trace, ExpertAt expert, const Progress& progress) const
{
    const std::string key = std::to_string(trace) + ' ' + std::to_string(expert.site.value) + ' '
        + std::to_string(expert.expert.value);
    {
        const std::lock_guard lock(m_kept->mutex);
        if (auto known = m_kept->tokens.find(key))
            return known;
    }
    ES_ASSIGN(TokenSet found, choosingTokens(*m_traces[trace].source, expert.site, expert.expert, progress));
    auto tokens = std::make_shared<const TokenSet>(std::move(found));
    const std::lock_guard lock(m_kept->mutex);
    m_kept->tokens.keep(key, tokens, tokens->numTokens());
    return tokens;
}

Expected<PassOptions> Study::passOf(std::size_t trace, const Scope& scope, const Progress& progress) const
{
    PassOptions pass;
    pass.where = scope.where;
    pass.without = scope.without;
    pass.sites = scope.sites;
    pass.skipFirst = scope.skipFirst;
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
        ES_ASSIGN(const TokenSetPtr chose, tokensThatChose(trace, expert, progress));
        tokens.intersect(*chose);
    }
    for (const ExpertAt& expert : scope.spared) {
        ES_ASSIGN(const TokenSetPtr chose, tokensThatChose(trace, expert, progress));
        tokens.remove(*chose);
    }
    pass.tokens = std::make_shared<const TokenSet>(std::move(tokens));
    return pass;
}

Expected<Study::Extent> Study::extentOf(std::size_t trace, const Scope& scope, const Progress& progress) const
{
    ES_ASSIGN(const PassOptions pass, passOf(trace, scope, progress));
    const RoutingShape& shape = this->shape(trace);
    ES_ASSIGN(const auto sequences, selectSequences(shape, pass));
    Extent extent;
    for (const SequenceIndex s : sequences) {
        const Sequence& sequence = shape.sequences[std::size_t(s)];
        const TokenIndex begin(sequence.begin.value + pass.skipFirst), end(sequence.begin.value + sequence.length);
        const std::uint64_t tokens = pass.tokens ? pass.tokens->count({begin, end}) : end.value - begin.value;
        extent.tokens += tokens;
        extent.sequences += tokens > 0;
    }
    return extent;
}

}
