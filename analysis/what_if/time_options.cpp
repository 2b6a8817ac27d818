// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/time_options.h"

#include "analysis/hardware/hardware_presets.h"
#include "analysis/hardware/model_config.h"
#include "app/cli/terminal/table.h"
#include "io/base/text.h"
#include "io/checkpoint/input_file.h"

#include <charconv>
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

constexpr const char* kNoExpertHint = "--expert-bytes 27MiB, or --model config.json";

Expected<double> parseNumber(const std::string& text, double most, const std::string& option, const char* hint)
{
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [next, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || next != end || !(value > 0 && value <= most))
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

Expected<ModelSizes> sizesOf(
    const TimeRequest& request, const std::optional<double>& expertBytes, const Provenance& provenance)
{
    ModelSizes sizes;
    std::string json = provenance.configJson, where = "the trace's config.json";
    if (!request.model.empty()) {
        where = request.model.string();
        ES_ASSIGN(json, readTextFile(request.model, 16u << 20));
    }
    if (json.empty()) {
        sizes.noExpertBytes = sizes.noDense = "the trace holds no config.json";
        if (request.expertBits)
            return fail(sizes.noExpertBytes, "--expert-bits", "name one with --model");
    } else {
        auto config = cost::modelFromConfig(json, where, request.expertBits);
        if (!config && (!request.model.empty() || request.expertBits))
            return tl::unexpected(std::move(config).error());
        if (config) {
            sizes.model = config->model;
            sizes.expert = config->model.name + ", " + config->sizes;
            sizes.noExpertBytes = config->noExpertBytes;
            sizes.noDense = config->noDense;
        } else {
            sizes.noExpertBytes = sizes.noDense = config.error().what;
        }
    }
    if (expertBytes) {
        sizes.model.expertBytes = *expertBytes;
        sizes.expert = "--expert-bytes" + (sizes.model.name.empty() ? "" : "; arithmetic of " + sizes.model.name);
        sizes.noExpertBytes.clear();
    }
    if (request.denseSeconds) {
        sizes.model.denseSeconds = request.denseSeconds;
        sizes.noDense.clear();
    }
    if (request.machine && !sizes.noExpertBytes.empty())
        return fail("the size of an expert is not known: " + sizes.noExpertBytes, "--hardware", kNoExpertHint);
    if (request.machine && request.level != cost::Level::Bytes && !sizes.noDense.empty())
        return fail("the time a step spends outside the experts is not known: " + sizes.noDense, "--hardware",
            "measure it: --dense-ms 3.5, or --level 0");
    return sizes;
}

Expected<void> bytesToSlots(CapacityList& list, const ModelSizes& sizes, std::size_t pools)
{
    for (const double bytes : list.bytes) {
        if (!sizes.noExpertBytes.empty())
            return fail("how many slots bytes are is not known: " + sizes.noExpertBytes, "--capacity", kNoExpertHint);
        const double slots = std::floor(bytes / sizes.model.expertBytes / double(pools));
        if (slots < 1)
            return fail("less than one expert of " + sizeText(sizes.model.expertBytes) + " for each of "
                    + std::to_string(pools) + (pools == 1 ? " pool" : " pools"),
                "--capacity", "at least " + sizeText(sizes.model.expertBytes * double(pools)));
        const auto whole = static_cast<std::uint32_t>(std::min(slots, double(1u << 20)));
        list.slots.emplace_back(whole, whole);
    }
    list.bytes.clear();
    return {};
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

std::string hardwareHelp()
{
    std::string text = "Hardware (--hardware MACHINE, or LINK+GPU[+CPU]; FILE.json in place of any):\n";
    for (const cost::HardwarePreset& preset : cost::hardwarePresets()) {
        std::string line = "  " + preset.name + "  " + cost::nameOf(preset.kind) + ": " + preset.title;
        if (const auto* link = std::get_if<cost::Link>(&preset.part))
            line += ", " + ratesText(*link);
        else if (const auto* processor = std::get_if<cost::Processor>(&preset.part))
            line += ", " + ratesText(*processor);
        text += wrapped(line, terminalWidth(), 6);
    }
    return text;
}

}
