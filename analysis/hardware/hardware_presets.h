// SPDX-License-Identifier: GPL-3.0-or-later
//
// Machines by name or from a file. The form of the files is described in resources/docs/hardware.md; those of
// resources/hardware are compiled in, one file a preset.
#pragma once

#include "analysis/hardware/hardware.h"
#include "io/base/error.h"

#include <filesystem>
#include <string_view>
#include <variant>
#include <vector>

namespace expertscope::cost {

enum class PartKind : std::uint8_t
{
    Link,
    Gpu,
    Cpu,
    Machine
};
/// "link", "gpu", "cpu", "machine".
const char* nameOf(PartKind kind);

/// One file: a part of a machine, or a machine.
struct HardwarePreset
{
    PartKind kind = PartKind::Machine;
    std::string name, title;
    std::string source; ///< where its numbers come from
    std::variant<Link, Processor, Machine> part; ///< Gpu and Cpu: Processor
};

/// The text of a preset file; `where` names it in errors. Strict: unknown, missing and repeated keys, wrong types and
/// numbers that no machine has are errors that name the key. A machine's parts are written out in it or named: presets
/// that are compiled in.
Expected<HardwarePreset> parseHardware(std::string_view json, const std::string& where);

/// What is compiled in: links, GPUs, CPUs, machines, each by name.
const std::vector<HardwarePreset>& hardwarePresets();

/// "desktop-4090", "my.json", "desktop-4090+desktop-ddr5", "pcie5-x16+h100-sxm": presets and files, each a machine or a
/// part that takes the place of the one before. In the end there must be a link and a GPU.
Expected<Machine> machineOf(const std::string& text, const std::string& option);

}
