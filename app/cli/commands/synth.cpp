// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope synth KIND -o FILE: writes a synthetic trace.
#include "app/cli/commands/shared_options.h"
#include "io/base/grouped.h"
#include "io/base/standard_streams.h"
#include "io/base/text.h"
#include "io/synth/kinds.h"
#include "io/synth/write_synthetic.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <unistd.h>

namespace expertscope {

namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

struct Options
{
    std::string kind;
    std::map<std::string, std::string> values; ///< option without dashes -> text; only those given
    std::filesystem::path output;
    bool force = false;
    unsigned threads = 0;
    bool json = false;
    std::string commandLine;
};

double secondsSince(Clock::time_point moment)
{
    return std::chrono::duration<double>(Clock::now() - moment).count();
}

/// When nobody listens any more it goes on; the exit status tells in the end.
void say(const Json& line)
{
    printEvent(line.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n');
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
    Progress(const Options& options, std::uint64_t total)
        : m_json(options.json)
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
            say({{"event", "progress"}, {"tokens", m_total}, {"tokens_done", tokens}, {"seconds", seconds},
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

int refused(const Options& options, const Error& error, int status)
{
    if (options.json)
        say({{"event", "error"}, {"message", error.message()}});
    std::fprintf(stderr, "expertscope synth: %s\n", error.message().c_str());
    return status;
}

void report(const Options& options, const Generator& generator, double seconds)
{
    const RoutingShape& shape = generator.shape();
    std::error_code ignored;
    const std::uint64_t bytes = std::filesystem::file_size(options.output, ignored);
    const auto expected = generator.expectations();
    if (options.json) {
        Json rows = Json::array();
        for (const Expectation& e : expected)
            rows.push_back({{"metric", e.metric}, {"of", e.of}, {"value", e.value}});
        Json done{{"event", "done"}, {"output", options.output.string()}, {"kind", options.kind},
            {"tokens", shape.numTokens}, {"sites", shape.sites.size()}, {"sequences", shape.sequences.size()},
            {"bytes", bytes}, {"seconds", seconds}};
        if (!expected.empty())
            done["expected"] = std::move(rows);
        say(done);
        return;
    }
    std::printf("%s: %s, %s tokens x %zu site%s in %s sequence%s, %s, made in %s\n", options.output.c_str(),
        options.kind.c_str(), grouped(shape.numTokens).c_str(), shape.sites.size(), shape.sites.size() == 1 ? "" : "s",
        grouped(shape.sequences.size()).c_str(), shape.sequences.size() == 1 ? "" : "s", megabytes(bytes).c_str(),
        duration(seconds).c_str());
    if (expected.empty())
        return;
    std::printf("\nWhat its metrics are by construction:\n");
    for (const Expectation& e : expected)
        std::printf("  %-27s %-33s %.6f\n", e.metric.c_str(), e.of.c_str(), e.value);
}

/// What was written on stdout; a line of progress on stderr where that is a terminal. With `json`, one JSON object a
/// line on stdout: events progress, done, error.
int run(const Options& options)
{
    const auto start = Clock::now();
    for (const SynthKind& kind : synthKinds()) {
        if (kind.name != options.kind)
            continue;
        const auto values = SynthValues::resolve(kind.parameters, options.values);
        if (!values)
            return refused(options, values.error(), 2);
        auto generator = kind.make(*values);
        if (!generator)
            return refused(options, generator.error(), 2);

        Progress progress(options, (*generator)->shape().numTokens);
        SynthRequest request;
        request.output = options.output;
        request.force = options.force;
        request.threads = options.threads;
        request.kind = kind.name;
        request.parameters = values->texts();
        request.commandLine = options.commandLine;
        request.progress = [&](std::uint64_t tokens) { progress.made(tokens); };
        request.assembling = [&] { progress.assembling(); };
        const auto status = writeSynthetic(**generator, request);
        progress.clear();
        if (!status)
            return refused(options, status.error(), 1);
        report(options, **generator, secondsSince(start));
        return 0;
    }
    return refused(options, {"there is no such kind of synthetic trace", options.kind, {}}, 2);
}

void declareParameter(Arguments& arguments, const SynthParameter& parameter, const std::shared_ptr<Options>& options)
{
    const auto set = [options, name = parameter.name](const std::string& text) { options->values[name] = text; };
    if (parameter.type == SynthParameter::Type::Flag)
        arguments.flag("--" + parameter.name, [set] { set("yes"); }, parameter.help);
    else
        arguments.text("--" + parameter.name, set, parameter.help)
            .value(parameter.type == SynthParameter::Type::Count ? "N" : "X", parameter.otherwise);
}

Command kindCommand(const SynthKind& kind, const std::shared_ptr<Options>& options)
{
    return {kind.name, kind.title, [&kind, options](Arguments& arguments) -> Run {
                arguments.ignoreCase();
                arguments.option("-o,--output", options->output, "The trace to write").required().value("FILE");
                for (const SynthParameter& parameter : kind.parameters)
                    declareParameter(arguments, parameter, options);
                addForce(arguments, options->force);
                arguments.option("--threads", options->threads, "Threads that pack; default: all cores")
                    .range(0, 1024)
                    .value("N");
                arguments.flag("--json", options->json, "Progress and result as JSON lines");
                return [&kind, options, arguments] {
                    options->kind = kind.name;
                    options->commandLine = arguments.line();
                    return run(*options);
                };
            }};
}

Run declare(Arguments& arguments)
{
    const auto options = std::make_shared<Options>();
    arguments.requireCommand();
    arguments.footer([](std::size_t) { return "`expertscope synth KIND --help` shows the options of a kind.\n"; });
    for (const SynthKind& kind : synthKinds())
        arguments.command(kindCommand(kind, options));
    return {};
}

}

Command synthCommand()
{
    return {"synth", "Write a synthetic trace of any size, to test and measure with", declare};
}

}
