// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/capture/report.h"

#include "io/base/grouped.h"
#include "io/base/interrupts.h"
#include "io/base/standard_streams.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <unistd.h>

namespace expertscope {

namespace {

using Json = nlohmann::ordered_json;

/// A path need not be UTF-8: what is not becomes a replacement character.
std::string lineOf(const Json& event)
{
    return event.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

/// When nobody listens any more the capture goes on; the exit status tells in the end.
void say(const Json& event)
{
    printEvent(lineOf(event));
}

std::string duration(double seconds)
{
    const auto s = static_cast<long long>(seconds + 0.5);
    char text[48];
    if (s < 60)
        std::snprintf(text, sizeof text, "%lld s", s);
    else if (s < 3600)
        std::snprintf(text, sizeof text, "%lld min %02lld s", s / 60, s % 60);
    else
        std::snprintf(text, sizeof text, "%lld h %02lld min", s / 3600, s / 60 % 60);
    return text;
}

/// Peak resident memory of this program, bytes. (getrusage would count what the process was before its exec.)
std::uint64_t peakMemory()
{
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line)) {
        if (line.rfind("VmHWM:", 0) == 0)
            return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
    }
    return 0;
}

double rate(const CaptureResult& r)
{
    return r.captureSeconds > 0 ? static_cast<double>(r.tokensComputed) / r.captureSeconds : 0;
}

}

CaptureReport::CaptureReport(bool json, std::string output)
    : m_json(json)
    , m_terminal(isatty(STDERR_FILENO) == 1)
    , m_output(std::move(output))
{
}

void CaptureReport::clearLine()
{
    if (m_lineOpen)
        std::fputs("\r\033[K", stderr);
    m_lineOpen = false;
}

void CaptureReport::stopIsPossible(bool discard) const
{
    const std::string program = "expertscope-capture: ";
    const std::string message = discard
        ? "stopped"
        : m_output + ": stopped; what was computed is kept beside it (--resume continues it, `expertscope repair` makes it "
                     "readable)";
    const Json event{{"event", "error"}, {"stopped", true}, {"message", message}};
    stopGracefully(program + "stopping, what was computed is kept (again to stop at once)\n", program + message + '\n',
        m_json ? lineOf(event) : std::string());
}

void CaptureReport::started(const CaptureStart& s)
{
    if (m_json) {
        say({{"event", "start"}, {"output", m_output}, {"model_type", s.modelType}, {"tokens", s.tokens},
            {"tokens_done", s.tokensDone}, {"sequences", s.sequences}, {"sites", s.sites}, {"device", s.device},
            {"dtype", s.dtype}, {"torch", s.torch}, {"threads", s.threads}, {"batch_tokens", s.batchTokens},
            {"attention_path", s.attentionPath}, {"expert_path", s.expertPath}, {"weight_bytes", s.weightBytes},
            {"tokenize_seconds", s.tokenizeSeconds}, {"load_seconds", s.loadSeconds}, {"warnings", s.warnings}});
        return;
    }
    for (const auto& warning : s.warnings)
        std::fprintf(stderr, "expertscope-capture: note: %s\n", warning.c_str());
    std::fprintf(stderr, "%s, %u routers, %s %s, %d threads; %s documents, %s tokens\n", s.modelType.c_str(), s.sites,
        s.device.c_str(), s.dtype.c_str(), s.threads, grouped(s.sequences).c_str(), grouped(s.tokens).c_str());
    if (s.tokensDone > 0)
        std::fprintf(stderr, "going on after %s tokens\n", grouped(s.tokensDone).c_str());
}

void CaptureReport::progress(const CaptureProgress& p)
{
    const auto now = std::chrono::steady_clock::now();
    if (now - m_lastShown < std::chrono::milliseconds(m_json ? 200 : 100) && p.tokensDone < p.tokens)
        return;
    m_lastShown = now;
    if (m_json) {
        say({{"event", "progress"}, {"tokens", p.tokens}, {"tokens_done", p.tokensDone}, {"seconds", p.seconds},
            {"tokens_per_second", p.tokensPerSecond}, {"seconds_left", p.secondsLeft}});
    } else if (m_terminal) {
        std::fprintf(stderr, "\r\033[K%s of %s tokens (%.0f %%), %s tokens/s, %s left", grouped(p.tokensDone).c_str(),
            grouped(p.tokens).c_str(), 100.0 * static_cast<double>(p.tokensDone) / static_cast<double>(p.tokens),
            grouped(static_cast<std::uint64_t>(p.tokensPerSecond)).c_str(), duration(p.secondsLeft).c_str());
        std::fflush(stderr);
        m_lineOpen = true;
    }
}

void CaptureReport::done(const CaptureResult& r)
{
    clearLine();
    if (m_json) {
        say({{"event", "done"}, {"complete", true}, {"already", r.already}, {"output", m_output}, {"tokens", r.tokens},
            {"tokens_done", r.tokensDone}, {"tokens_computed", r.tokensComputed}, {"capture_seconds", r.captureSeconds},
            {"cpu_seconds", r.cpuSeconds}, {"tokens_per_second", rate(r)}, {"peak_memory_bytes", peakMemory()}});
        return;
    }
    if (r.already) {
        std::fprintf(stderr, "%s: complete already, %s tokens\n", m_output.c_str(), grouped(r.tokensDone).c_str());
        return;
    }
    std::fprintf(stderr, "%s tokens in %s (%s tokens/s) -> %s\n", grouped(r.tokensDone).c_str(),
        duration(r.captureSeconds).c_str(), grouped(static_cast<std::uint64_t>(rate(r))).c_str(), m_output.c_str());
}

void CaptureReport::stopped(const CaptureResult& r)
{
    clearLine();
    std::string message = m_output + ": stopped ";
    if (r.kept == CaptureResult::Kept::Nothing) {
        message += "before anything was computed; nothing was written";
    } else {
        message += "after " + std::to_string(r.tokensDone) + " of " + std::to_string(r.tokens) + " tokens; "
            + (r.kept == CaptureResult::Kept::Trace
                    ? "the file is readable and marked incomplete (--resume continues it)"
                    : "they are kept beside it (--resume continues it, `expertscope repair` makes it readable)");
    }
    if (m_json)
        say({{"event", "error"}, {"stopped", true}, {"message", message}, {"tokens", r.tokens},
            {"tokens_done", r.tokensDone}});
    std::fprintf(stderr, "expertscope-capture: %s\n", message.c_str());
}

void CaptureReport::failed(const std::string& message)
{
    clearLine();
    if (m_json)
        say({{"event", "error"}, {"stopped", false}, {"message", message}});
    std::fprintf(stderr, "expertscope-capture: %s\n", message.c_str());
}

}
