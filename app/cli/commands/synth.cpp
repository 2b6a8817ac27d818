// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands/synth.h"

#include "app/cli/terminal/table.h"
#include "io/base/grouped.h"
#include "io/base/text.h"
#include "io/synth/write_synthetic.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <unistd.h>

namespace expertscope {

namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

std::atomic<bool> stopRequested{false};

/// The first one asks; the second one means it.
void onSignal(int signal)
{
    if (stopRequested.exchange(true)) {
        std::signal(signal, SIG_DFL);
        std::raise(signal);
    }
}

double secondsSince(Clock::time_point moment)
{
    return std::chrono::duration<double>(Clock::now() - moment).count();
}

void print(const Json& line)
{
    std::printf("%s\n", line.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
    std::fflush(stdout);
}

std::string duration(double seconds)
{
    if (seconds < 9.95)
        return format("%.1f s", seconds);
    return seconds < 119.5 ? format("%.0f s", seconds) : format("%.0f min", seconds / 60);
}

std::string megabytes(std::uint64_t bytes)
{
    return format(bytes < 10'000'000 ? "%.1f MB" : "%.0f MB", double(bytes) / 1e6);
}

/// How it goes, once it has taken a second.
class Progress
{
public:
    Progress(const SynthCommand& command, std::uint64_t total)
        : m_json(command.json)
        , m_terminal(isatty(STDERR_FILENO) == 1)
        , m_total(total)
    {
    }
    ~Progress() { clear(); }

    void made(std::uint64_t tokens)
    {
        const double seconds = secondsSince(m_start), left = seconds * double(m_total - tokens) / double(tokens);
        if (seconds < 1 || secondsSince(m_shown) < 0.2)
            return;
        m_shown = Clock::now();
        if (m_json) {
            print({{"event", "progress"}, {"tokens", m_total}, {"tokens_done", tokens}, {"seconds", seconds},
                {"seconds_left", left}});
        } else if (m_terminal) {
            std::fprintf(stderr, "\r\033[K%s of %s tokens (%.0f %%), %s left", grouped(tokens).c_str(),
                grouped(m_total).c_str(), 100 * double(tokens) / double(m_total), duration(left).c_str());
            m_open = true;
        }
    }

    void assembling()
    {
        if (m_json || !m_terminal || secondsSince(m_start) < 1)
            return;
        std::fprintf(stderr, "\r\033[K%s tokens made, writing the trace", grouped(m_total).c_str());
        m_open = true;
    }

    void clear()
    {
        if (m_open)
            std::fputs("\r\033[K", stderr);
        m_open = false;
    }

private:
    const bool m_json, m_terminal;
    const std::uint64_t m_total;
    bool m_open = false;
    Clock::time_point m_start = Clock::now(), m_shown{};
};

int refused(const SynthCommand& command, const Error& error, int status)
{
    if (command.json)
        print({{"event", "error"}, {"message", error.message()}});
    std::fprintf(stderr, "expertscope synth: %s\n", error.message().c_str());
    return status;
}

void report(const SynthCommand& command, const Generator& generator, double seconds)
{
    const RoutingShape& shape = generator.shape();
    std::error_code ignored;
    const std::uint64_t bytes = std::filesystem::file_size(command.output, ignored);
    const auto expected = generator.expectations();
    if (command.json) {
        Json rows = Json::array();
        for (const Expectation& e : expected)
            rows.push_back({{"metric", e.metric}, {"of", e.of}, {"value", e.value}});
        Json done{{"event", "done"}, {"output", command.output.string()}, {"kind", command.kind},
            {"tokens", shape.numTokens}, {"sites", shape.sites.size()}, {"sequences", shape.sequences.size()},
            {"bytes", bytes}, {"seconds", seconds}};
        if (!expected.empty())
            done["expected"] = std::move(rows);
        print(done);
        return;
    }
    std::printf("%s: %s, %s tokens x %zu site%s in %s sequence%s, %s, made in %s\n", command.output.c_str(),
        command.kind.c_str(), grouped(shape.numTokens).c_str(), shape.sites.size(), shape.sites.size() == 1 ? "" : "s",
        grouped(shape.sequences.size()).c_str(), shape.sequences.size() == 1 ? "" : "s", megabytes(bytes).c_str(),
        duration(seconds).c_str());
    if (expected.empty())
        return;
    std::printf("\nWhat its metrics are by construction:\n");
    for (const Expectation& e : expected)
        std::printf("  %-27s %-33s %.6f\n", e.metric.c_str(), e.of.c_str(), e.value);
}

}

int runSynth(const SynthCommand& command)
{
    const auto start = Clock::now();
    for (const SynthKind& kind : synthKinds()) {
        if (kind.name != command.kind)
            continue;
        const auto values = SynthValues::resolve(kind.parameters, command.values);
        if (!values)
            return refused(command, values.error(), 2);
        auto generator = kind.make(*values);
        if (!generator)
            return refused(command, generator.error(), 2);

        for (const int signal : {SIGINT, SIGTERM, SIGHUP})
            std::signal(signal, onSignal);
        Progress progress(command, (*generator)->shape().numTokens);
        SynthRequest request;
        request.output = command.output;
        request.force = command.force;
        request.threads = command.threads;
        request.kind = kind.name;
        request.parameters = values->texts();
        request.commandLine = command.commandLine;
        request.stop = &stopRequested;
        request.progress = [&](std::uint64_t tokens) { progress.made(tokens); };
        request.assembling = [&] { progress.assembling(); };
        const auto status = writeSynthetic(**generator, request);
        progress.clear();
        if (!status)
            return refused(command, status.error(), 1);
        report(command, **generator, secondsSince(start));
        return 0;
    }
    return refused(command, {"there is no such kind of synthetic trace", command.kind, {}}, 2);
}

}
