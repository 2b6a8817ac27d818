// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/cost/model_times.h"

#include "analysis/cost/order_statistics.h"

#include <cassert>
#include <cmath>

namespace expertscope::cost {

namespace {

/// Event times of one shape by number of misses.
struct Table
{
    std::vector<double> extra;
    std::vector<std::uint32_t> loaded;
};

std::vector<Table> tablesOf(const std::vector<SiteShape>& shapes, std::size_t mostMisses, const Machine& machine,
    const Model& model, Level level)
{
    std::vector<Table> tables(shapes.size());
    for (std::size_t s = 0; s < shapes.size(); ++s) {
        for (std::uint32_t j = 0; j <= mostMisses; ++j) {
            const EventTime time = eventTime(machine, model, level, shapes[s].experts, shapes[s].tokens, j);
            tables[s].extra.push_back(time.extra);
            tables[s].loaded.push_back(time.loaded);
        }
    }
    return tables;
}

std::size_t mostMisses(const StepTally& tally)
{
    std::size_t most = 0;
    for (const auto& points : tally.points) {
        for (const TallyPoint& point : points)
            most = std::max(most, point.mostMisses);
    }
    return most;
}

/// The times of watched steps, by rank. In single precision: a tenth of a microsecond in a second.
class Percentiles
{
public:
    explicit Percentiles(const std::vector<double>& computing)
        : m_computing(computing.begin(), computing.end())
    {
        const double n = double(computing.size());
        for (const double share : {.50, .95, .99})
            m_places.push_back(static_cast<std::size_t>(std::ceil(share * n)) - 1);
    }

    void of(const TallyPoint& point, const std::vector<Table>& tables, ModelledPoint& modelled)
    {
        const std::size_t n = m_computing.size();
        if (n == 0)
            return;
        m_times = m_computing;
        float* const times = m_times.data();
        for (std::size_t g = 0; g < point.watched.size(); ++g) {
            const std::uint16_t* count = point.watched[g].data();
            for (std::size_t j = 0; j < point.mostWatched[g]; ++j, count += n) {
                const auto extra = static_cast<float>(tables[g].extra[j + 1]);
                for (std::size_t i = 0; i < n; ++i)
                    times[i] += extra * float(count[i]);
            }
        }
        float found[3];
        m_order.find(m_times, m_places, found);
        modelled.p50 = found[0];
        modelled.p95 = found[1];
        modelled.p99 = found[2];
    }

private:
    const std::vector<float> m_computing; ///< [watched step] s with all experts resident
    std::vector<std::size_t> m_places;
    std::vector<float> m_times;
    OrderStatistics m_order;
};

/// s of the experts of a step if all were resident: mean, and of each watched step.
double computingOfExperts(const StepTally& tally, const Machine& machine, const Model& model)
{
    double seconds = 0;
    for (std::size_t s = 0; s < tally.shapes.size(); ++s)
        seconds += tally.expertsAStep[s] * expertSeconds(machine.gpu, model, tally.shapes[s].tokens);
    return seconds;
}

std::vector<double> watchedComputing(
    const StepTally& tally, const Machine& machine, const Model& model, double dense, double meanOfExperts)
{
    std::vector<double> seconds(tally.watchedSteps, dense);
    if (tally.watchedExperts.empty()) {
        std::ranges::fill(seconds, dense + meanOfExperts);
        return seconds;
    }
    for (std::size_t g = 0; g < tally.groups.size(); ++g) {
        const double each = expertSeconds(machine.gpu, model, tally.groups[g].tokens);
        for (std::size_t i = 0; i < seconds.size(); ++i)
            seconds[i] += tally.watchedExperts[g][i] * each;
    }
    return seconds;
}

}

ModelledTimes modelTimes(const StepTally& tally, const Machine& machine, const Model& model, Level level)
{
    assert(level != Level::Queue);
    ModelledTimes times;
    const bool timed = level != Level::Bytes;
    const std::size_t most = mostMisses(tally);
    const auto tables = timed ? tablesOf(tally.shapes, most, machine, model, level) : std::vector<Table>();
    const auto groupTables = timed ? tablesOf(tally.groups, most, machine, model, level) : std::vector<Table>();
    const double dense = denseSeconds(machine, model, tally.tokensAStep), load = loadSeconds(machine, model);
    const double experts = computingOfExperts(tally, machine, model), steps = double(tally.steps);
    Percentiles percentiles(watchedComputing(tally, machine, model, dense, experts));
    for (const auto& points : tally.points) {
        auto& modelled = times.points.emplace_back();
        auto& stalls = times.siteStall.emplace_back();
        for (const TallyPoint& point : points) {
            ModelledPoint& out = modelled.emplace_back();
            if (tally.steps == 0)
                continue;
            double loads = double(point.misses), extra = 0;
            if (timed) {
                loads = 0;
                auto& stall = stalls.emplace_back();
                stall.reserve(tally.sites.size());
                const std::uint64_t* events = point.events.data();
                for (std::size_t s = 0; s < tally.sites.size(); ++s, events += point.mostMisses) {
                    const Table& table = tables[tally.shapeOfSite[s]];
                    double own = 0;
                    for (std::size_t j = 0; j < point.mostMisses; ++j) {
                        own += double(events[j]) * table.extra[j + 1];
                        loads += double(events[j]) * table.loaded[j + 1];
                    }
                    extra += own;
                    stall.push_back(own / steps);
                }
                const double step = dense + experts + extra / steps;
                out.stepSeconds = step;
                if (step > 0) {
                    out.stallShare = std::max(0.0, extra / steps) / step;
                    out.linkUse = loads * load / steps / step;
                }
                if (tally.tokens > 0 && step > 0)
                    out.tokensPerSecond = double(tally.tokens) / (steps * step);
                if (point.misses > 0)
                    out.cpuShare = 1 - loads / double(point.misses);
                percentiles.of(point, groupTables, out);
            }
            if (tally.tokens > 0)
                out.bytesPerToken = loads * model.expertBytes / double(tally.tokens);
        }
    }
    return times;
}

}
