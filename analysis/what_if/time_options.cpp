// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/time_options.h"

#include "analysis/hardware/hardware_presets.h"
#include "analysis/what_if/named_params.h"
#include "io/base/text.h"

#include <cmath>

namespace expertscope {

namespace {

std::string rateText(double perSecond, const char* unit)
{
    static constexpr std::pair<double, const char*> kPrefixes[] = {{1e12, " T"}, {1e9, " G"}, {1e6, " M"}, {1e3, " k"}};
    for (const auto& [factor, prefix] : kPrefixes) {
        if (perSecond >= factor)
            return format("%.4g", perSecond / factor) + prefix + unit + "/s";
    }
    return format("%.4g ", perSecond) + unit + "/s";
}

Expected<double> parseNumber(const std::string& text, double most, const std::string& option, const char* hint)
{
    double value = 0;
    if (!readWhole(text, value) || !(value > 0 && value <= most))
        return fail("'" + text + "' is out of range, or no number", option, hint);
    return value;
}

}

Expected<TimeRequest> checkTime(const TimeOptions& options)
{
    TimeRequest request;
    request.model = options.model;
    if (!options.level.empty()) {
        if (options.level != "0" && options.level != "1" && options.level != "2" && options.level != "3")
            return fail("'" + options.level + "' is no level of the cost model", "--level",
                "0 bytes only, 1 nothing overlaps, 2 loads and computing overlap within an event, 3 a queue across events");
        request.level = cost::Level(options.level[0] - '0');
    }
    if (!options.expertBits.empty()) {
        ES_ASSIGN(request.expertBits, parseNumber(options.expertBits, 64, "--expert-bits", "such as 4.5, up to 64"));
    }
    if (!options.denseMs.empty()) {
        ES_ASSIGN(const double ms, parseNumber(options.denseMs, 1e9, "--dense-ms", "milliseconds a step, such as 3.5"));
        request.denseSeconds = ms / 1000;
    }
    if (!options.hardware.empty()) {
        ES_ASSIGN(request.machine, cost::machineOf(options.hardware, "--hardware"));
    } else if (!options.level.empty() || !options.denseMs.empty()) {
        return fail("time is modelled for a machine only", options.level.empty() ? "--dense-ms" : "--level",
            "name one with --hardware, such as desktop-4090");
    }
    return request;
}

std::string ratesText(const cost::Link& link)
{
    return rateText(link.bytesPerSecond, "B") + format(" after %.4g us a load", link.latency * 1e6);
}

std::string ratesText(const cost::Processor& processor)
{
    return rateText(processor.bytesPerSecond, "B")
        + (std::isinf(processor.flopsPerSecond) ? "" : ", " + rateText(processor.flopsPerSecond, "flop"));
}

}
