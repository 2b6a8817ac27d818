// SPDX-License-Identifier: GPL-3.0-or-later
//
// A chart that counts what is asked of it, over a trace in memory that counts its reads.
#pragma once

#include "tests/support/memory_trace.h"
#include "views/session/session.h"

#include <QThread>

#include <atomic>

namespace expertscope::testing {

/// `sites` x 16 experts, top-2, four sequences of 100 tokens, labelled language = de, de, en, fr.
inline std::shared_ptr<MemoryTrace> smallTrace(std::size_t sites = 3, std::uint64_t seed = 1)
{
    auto trace = std::make_shared<MemoryTrace>(sites, std::uint16_t(16), std::uint16_t(2));
    for (int i = 0; i < 4; ++i)
        trace->addSequence(100, "doc" + std::to_string(i));
    trace->addLabel("language", {"de", "de", "en", "fr"});
    for (std::size_t s = 0; s < sites; ++s)
        trace->editShape().sites[s].layer = std::uint16_t(s + 1);
    fillUniform(*trace, seed);
    return trace;
}

/// Long enough for a sample of its sequences: the languages take turns.
inline std::shared_ptr<MemoryTrace> traceOfManySequences()
{
    auto trace = std::make_shared<MemoryTrace>(std::size_t(3), std::uint16_t(16), std::uint16_t(2));
    std::vector<std::string> languages;
    for (int i = 0; i < 400; ++i) {
        trace->addSequence(10, "doc" + std::to_string(i));
        languages.push_back(i % 2 ? "de" : "en");
    }
    trace->addLabel("language", languages);
    fillUniform(*trace, 1);
    return trace;
}

inline StudyPtr studyOf(std::shared_ptr<BlockSource> source, const std::string& name = "small")
{
    NamedTrace trace;
    trace.path = name + ".h5";
    trace.name = name;
    trace.source = std::move(source);
    return std::make_shared<const Study>(std::vector{std::move(trace)});
}

/// What the fake chart computes: the choices of each expert of site 0.
struct FakeData final : ChartData
{
    std::vector<std::uint64_t> counts;
};

/// Asks for the metric "load" and another one. `computed` counts how often it was asked.
inline ChartSpec fakeChart(
    const std::string& name, const std::string& metric, std::shared_ptr<std::atomic<int>> computed)
{
    ChartSpec spec;
    spec.name = name;
    spec.title = QString::fromStdString(name);
    ChartOption computes, draws;
    computes.name = "top";
    computes.standard = "3";
    computes.title = "Top";
    computes.computes = true;
    draws.name = "sort";
    draws.standard = "id";
    draws.kind = ParameterSpec::Kind::Choices;
    draws.choices = {"id", "load"};
    draws.title = "Sort";
    spec.options = {computes, draws};
    spec.metrics = [metric](const Parameters&) { return std::vector<MetricRequest>{{"load"}, {metric}}; };
    spec.compute = [metric, computed](const Study& study, const ChartQuestion& question,
                       const Progress& progress) -> Expected<ChartDataPtr> {
        ++*computed;
        MetricQuestion metrics;
        metrics.metrics = {{"load"}, {metric}};
        metrics.scope = question.scope;
        ES_TRY(study.metrics(question.trace, metrics, progress));
        ES_ASSIGN(const LoadTablePtr table, study.load(question.trace, question.scope, progress));
        auto data = std::make_shared<FakeData>();
        data->counts.assign(table->counts.begin(), table->counts.begin() + table->numExperts);
        return data;
    };
    return spec;
}

/// Counts the reads of a source.
class CountingSource final : public BlockSource
{
public:
    explicit CountingSource(std::shared_ptr<BlockSource> inner)
        : m_inner(std::move(inner))
    {
    }
    const RoutingShape& shape() const override { return m_inner->shape(); }
    Expected<Block> read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer) override
    {
        ++reads;
        return m_inner->read(site, range, wanted, buffer);
    }

    std::atomic<int> reads{0};

private:
    std::shared_ptr<BlockSource> m_inner;
};

/// A source whose reads take their time.
class SlowSource final : public BlockSource
{
public:
    SlowSource(std::shared_ptr<BlockSource> inner, unsigned long milliseconds)
        : m_inner(std::move(inner))
        , m_milliseconds(milliseconds)
    {
    }
    const RoutingShape& shape() const override { return m_inner->shape(); }
    Expected<Block> read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer) override
    {
        QThread::msleep(m_milliseconds);
        return m_inner->read(site, range, wanted, buffer);
    }

private:
    std::shared_ptr<BlockSource> m_inner;
    unsigned long m_milliseconds;
};

}
