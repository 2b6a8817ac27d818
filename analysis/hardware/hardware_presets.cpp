// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/hardware/hardware_presets.h"

#include "analysis/hardware/embedded_presets.h"
#include "io/base/json.h"
#include "io/base/named.h"
#include "io/checkpoint/input_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace expertscope::cost {

namespace {

constexpr JsonLimits kLimits{.maxBytes = 64u << 10, .maxValues = 256, .maxDepth = 4};
constexpr double kMostRate = 1e21; ///< bytes/s or flop/s; beyond it is a slip of units
constexpr double kMostSeconds = 3600;

/// One object of a preset file. Keeps the first error, which names file and key.
class Fields
{
public:
    Fields(const JsonValue& object, std::string where)
        : m_object(object)
        , m_where(std::move(where))
    {
        if (!object.object())
            m_error = Error{std::string("is ") + object.kind() + ", not an object", m_where, {}};
    }

    const JsonValue* find(const char* key) const { return m_object.find(key); }
    std::string where(const char* key) const { return m_where + ": " + key; }
    void refuse(const char* key, std::string what, std::string hint = {})
    {
        if (!m_error)
            m_error = Error{std::move(what), where(key), std::move(hint)};
    }
    std::string text(const char* key, bool needed)
    {
        const JsonValue* const value = find(key);
        if (!value) {
            if (needed)
                refuse(key, "is missing");
            return {};
        }
        if (!value->string()) {
            refuse(key, std::string("is ") + value->kind() + ", not a string");
            return {};
        }
        if (value->string()->empty())
            refuse(key, "is empty");
        return *value->string();
    }
    /// A number in (0, most], or [0, most].
    double number(const char* key, std::optional<double> otherwise, bool zero, double most)
    {
        const JsonValue* const value = find(key);
        if (!value) {
            if (!otherwise)
                refuse(key, "is missing");
            return otherwise.value_or(1);
        }
        double number = std::nan("");
        if (const auto* d = std::get_if<JsonReal>(&value->data))
            number = d->value;
        else if (const auto* i = std::get_if<std::int64_t>(&value->data))
            number = double(*i);
        else if (const auto* u = std::get_if<std::uint64_t>(&value->data))
            number = double(*u);
        else
            refuse(key, std::string("is ") + value->kind() + ", not a number");
        if (!m_error && !(number >= 0 && number <= most && (zero || number > 0))) {
            char range[64];
            std::snprintf(range, sizeof range, "from %s to %g, in SI units", zero ? "0" : "above 0", most);
            refuse(key, "is out of range", range);
        }
        return number;
    }
    bool boolean(const char* key, bool otherwise)
    {
        const JsonValue* const value = find(key);
        if (!value)
            return otherwise;
        if (!value->boolean())
            refuse(key, std::string("is ") + value->kind() + ", not true or false");
        return value->boolean() ? *value->boolean() : otherwise;
    }
    template <std::size_t N> void only(const std::array<const char*, N>& known)
    {
        if (m_error)
            return;
        for (const JsonMember& member : *m_object.object()) {
            if (std::ranges::find(known, member.first) == known.end()) {
                std::string hint = "known:";
                for (const char* key : known)
                    hint += std::string(" ") + key;
                refuse(member.first.substr(0, 80).c_str(), "is no key of this kind of hardware", hint);
            }
        }
    }
    Expected<void> done() const { return m_error ? Expected<void>(tl::unexpected(*m_error)) : Expected<void>(); }

private:
    const JsonValue& m_object;
    const std::string m_where;
    std::optional<Error> m_error;
};

using Part = std::variant<Link, Processor, Machine>;

Expected<Part> readLink(Fields fields, std::string name)
{
    fields.only(std::array{"kind", "name", "title", "source", "bytes_per_second", "latency_seconds"});
    const Link link{std::move(name), fields.number("bytes_per_second", {}, false, kMostRate),
        fields.number("latency_seconds", 0.0, true, kMostSeconds)};
    ES_TRY(fields.done());
    return Part(link);
}

Expected<Part> readProcessor(Fields fields, std::string name)
{
    fields.only(
        std::array{"kind", "name", "title", "source", "bytes_per_second", "flops_per_second", "memory_bytes"});
    const Processor processor{std::move(name), fields.number("bytes_per_second", {}, false, kMostRate),
        fields.number("flops_per_second", std::numeric_limits<double>::infinity(), false, kMostRate),
        fields.number("memory_bytes", 0.0, false, kMostRate)};
    ES_TRY(fields.done());
    return Part(processor);
}

/// Links, GPUs and CPUs that are compiled in; machines name them.
const std::vector<HardwarePreset>& embeddedParts();

Expected<HardwarePreset> partNamed(const std::string& name, PartKind kind, const std::string& where)
{
    std::vector<std::string> known;
    for (const HardwarePreset& preset : embeddedParts()) {
        if (preset.kind != kind)
            continue;
        if (preset.name == name)
            return preset;
        known.push_back(preset.name);
    }
    return fail("there is no " + std::string(nameOf(kind)) + " '" + name.substr(0, 80) + "'", where,
        nearestHint(name, known, "known: " + joined(known, " ")));
}

/// A machine's part: written out, or the name of a preset.
Expected<Part> readPart(Fields& machine, const char* key, PartKind kind)
{
    const JsonValue* const value = machine.find(key);
    if (!value)
        return fail("is missing", machine.where(key), "the name of a preset, or its numbers");
    if (const std::string* name = value->string()) {
        ES_ASSIGN(auto preset, partNamed(*name, kind, machine.where(key)));
        return preset.part;
    }
    Fields fields(*value, machine.where(key));
    ES_TRY(fields.done());
    std::string name = fields.text("name", false);
    ES_TRY(fields.done());
    return kind == PartKind::Link ? readLink(std::move(fields), std::move(name))
                                  : readProcessor(std::move(fields), std::move(name));
}

Expected<Part> readMachine(Fields fields, std::string name)
{
    fields.only(std::array{"kind", "name", "title", "source", "link", "gpu", "cpu", "copies_while_computing"});
    Machine machine;
    machine.name = std::move(name);
    machine.copiesWhileComputing = fields.boolean("copies_while_computing", true);
    ES_TRY(fields.done());
    ES_ASSIGN(const Part link, readPart(fields, "link", PartKind::Link));
    ES_ASSIGN(const Part gpu, readPart(fields, "gpu", PartKind::Gpu));
    machine.link = std::get<Link>(link);
    machine.gpu = std::get<Processor>(gpu);
    if (const JsonValue* cpu = fields.find("cpu"); cpu && !cpu->isNull()) {
        ES_ASSIGN(const Part part, readPart(fields, "cpu", PartKind::Cpu));
        machine.cpu = std::get<Processor>(part);
    }
    return Part(machine);
}

/// What is compiled in is tested, so it can be read.
std::vector<HardwarePreset> readEmbedded(bool machines)
{
    std::vector<HardwarePreset> presets;
    for (const EmbeddedPreset& file : embeddedPresets()) {
        const auto root = parseStrictJson(file.json, kLimits, file.name);
        const JsonValue* const kind = root ? root->find("kind") : nullptr;
        const bool isMachine = kind && kind->string() && *kind->string() == nameOf(PartKind::Machine);
        if (isMachine != machines)
            continue;
        auto preset = parseHardware(file.json, std::string("hardware/") + file.name);
        if (!preset) {
            std::fprintf(stderr, "expertscope: %s\n", preset.error().message().c_str());
            std::abort();
        }
        presets.push_back(std::move(*preset));
    }
    std::ranges::stable_sort(presets, {}, [](const HardwarePreset& p) { return std::pair(p.kind, p.name); });
    return presets;
}

const std::vector<HardwarePreset>& embeddedParts()
{
    static const std::vector<HardwarePreset> parts = readEmbedded(false);
    return parts;
}

Expected<HardwarePreset> presetOrFile(const std::string& text, const std::string& option)
{
    if (const HardwarePreset* const preset = named(hardwarePresets(), text))
        return *preset;
    if (text.find('/') == std::string::npos && !text.ends_with(".json")) {
        const std::vector<std::string> known = nameList(hardwarePresets());
        return fail("there is no hardware '" + text + "'", option,
            nearestHint(text, known, "a file's name ends with .json; known: " + joined(known, " ")));
    }
    ES_ASSIGN(const std::string json, readTextFile(text, kLimits.maxBytes));
    return parseHardware(json, text);
}

}

const char* nameOf(PartKind kind)
{
    static constexpr const char* kNames[] = {"link", "gpu", "cpu", "machine"};
    return kNames[std::size_t(kind)];
}

Expected<HardwarePreset> parseHardware(std::string_view json, const std::string& where)
{
    ES_ASSIGN(const JsonValue root, parseStrictJson(json, kLimits, where));
    Fields fields(root, where);
    ES_TRY(fields.done());
    HardwarePreset preset;
    const std::string kind = fields.text("kind", true);
    preset.name = fields.text("name", true);
    preset.title = fields.text("title", true);
    preset.source = fields.text("source", true);
    ES_TRY(fields.done());
    static constexpr PartKind kKinds[] = {PartKind::Link, PartKind::Gpu, PartKind::Cpu, PartKind::Machine};
    const auto found = std::ranges::find(kKinds, kind, nameOf);
    if (found == std::end(kKinds))
        return fail(
            "'" + kind.substr(0, 80) + "' is no kind of hardware", fields.where("kind"), "link, gpu, cpu or machine");
    preset.kind = *found;
    auto part = preset.kind == PartKind::Link ? readLink(std::move(fields), preset.name)
        : preset.kind == PartKind::Machine    ? readMachine(std::move(fields), preset.name)
                                              : readProcessor(std::move(fields), preset.name);
    if (!part)
        return tl::unexpected(std::move(part).error());
    preset.part = std::move(*part);
    return preset;
}

const std::vector<HardwarePreset>& hardwarePresets()
{
    static const std::vector<HardwarePreset> presets = [] {
        auto all = embeddedParts();
        auto machines = readEmbedded(true);
        std::ranges::move(machines, std::back_inserter(all));
        return all;
    }();
    return presets;
}

Expected<Machine> machineOf(const std::string& text, const std::string& option)
{
    Machine machine;
    bool hasLink = false, hasGpu = false;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find('+', begin), text.size());
        ES_ASSIGN(const HardwarePreset preset, presetOrFile(text.substr(begin, end - begin), option));
        begin = end + 1;
        switch (preset.kind) {
        case PartKind::Machine:
            machine = std::get<Machine>(preset.part);
            hasLink = hasGpu = true;
            break;
        case PartKind::Link:
            machine.link = std::get<Link>(preset.part);
            hasLink = true;
            break;
        case PartKind::Gpu:
            machine.gpu = std::get<Processor>(preset.part);
            hasGpu = true;
            break;
        case PartKind::Cpu:
            machine.cpu = std::get<Processor>(preset.part);
            break;
        }
    }
    if (!hasLink || !hasGpu)
        return fail("'" + text + "' names no " + (hasLink ? "GPU" : "link"), option,
            "add one: pcie4-x16+rtx-4090, or name a machine: desktop-4090");
    machine.name = text;
    return machine;
}

}
