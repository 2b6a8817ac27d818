// SPDX-License-Identifier: GPL-3.0-or-later
//
// The one pass over a trace that serves every metric asked for.
#pragma once

#include "analysis/spine/accumulator.h"
#include "analysis/spine/pass_options.h"

#include <concepts>
#include <type_traits>

namespace expertscope {

/// What the observers of a pass want to be shown.
struct PassNeeds
{
    Columns columns; ///< besides expert ids
    bool sitesTogether = false; ///< tiles of all sites; else each site by itself
};

inline constexpr unsigned kMostWorkers = 1024;

/// Shows every selected tile to the observers of one worker. `start` is called in each worker's thread, so that what it
/// makes is near it, with the worker's number, from 0 on; the observers must stay until the pass is over. Returns the
/// number of workers. Memory: one tile of the wanted columns (some 32 MiB) and what it made a worker.
///
/// Errors: unknown label, label value or site; what the source reports; an expert id that its site does not have;
/// kCancelled.
Expected<unsigned> showTiles(BlockSource& source, const PassNeeds& needs,
    const std::function<std::vector<TileObserver*>(unsigned worker)>& start, const PassOptions& options);

/// A pass of one set of accumulators a worker; returns the merged set. `make` is called from several threads. Errors as
/// above.
Expected<AccumulatorSet> runPass(
    BlockSource& source, const PassNeeds& needs, const std::function<AccumulatorSet()>& make, const PassOptions& options);

template <class T>
concept ObservesTiles = requires(T& observer, const Tile& tile) { observer.observe(tile); };
template <class T>
concept CountsTiles = ObservesTiles<T> && std::move_constructible<T>
    && requires(T& counter, const T& other) { counter.merge(other); };

/// What `make` made, one a worker.
template <ObservesTiles T> class WorkersOf
{
public:
    template <class Make>
    Expected<unsigned> run(BlockSource& source, const PassNeeds& needs, const Make& make, const PassOptions& options)
    {
        m_workers.resize(kMostWorkers);
        return showTiles(
            source, needs,
            [&](unsigned worker) {
                m_workers[worker] = std::make_unique<Observer>(make);
                return std::vector<TileObserver*>{m_workers[worker].get()};
            },
            options);
    }
    T& operator[](unsigned worker) { return m_workers[worker]->counter; }

private:
    struct Observer final : TileObserver
    {
        template <class Make>
        explicit Observer(const Make& make)
            : counter(make())
        {
        }
        void observe(const Tile& tile) override { counter.observe(tile); }

        T counter;
    };
    std::vector<std::unique_ptr<Observer>> m_workers;
};

/// A pass of counters, made by `make` in each worker: observe(const Tile&), merge(const T&). Returns the merged one.
/// Errors as above.
template <class Make>
    requires CountsTiles<std::invoke_result_t<const Make&>>
Expected<std::invoke_result_t<const Make&>> runPassOf(
    BlockSource& source, const PassNeeds& needs, const Make& make, const PassOptions& options)
{
    WorkersOf<std::invoke_result_t<const Make&>> workers;
    ES_ASSIGN(const unsigned count, workers.run(source, needs, make, options));
    for (unsigned worker = 1; worker < count; ++worker)
        workers[0].merge(workers[worker]);
    return std::move(workers[0]);
}

/// A pass of observers that put what they see into what their maker holds, each token in a place of its own: there is
/// nothing to merge. Errors as above.
template <class Make>
    requires ObservesTiles<std::invoke_result_t<const Make&>>
Expected<void> runPassInto(BlockSource& source, const PassNeeds& needs, const Make& make, const PassOptions& options)
{
    WorkersOf<std::invoke_result_t<const Make&>> workers;
    ES_TRY(workers.run(source, needs, make, options));
    return {};
}

}
