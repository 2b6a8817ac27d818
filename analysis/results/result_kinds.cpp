// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/result_kinds.h"

#include "analysis/results/result_document.h"
#include "io/base/version.h"
#include "io/trace/hdf5_file_driver.h"

#include <algorithm>
#include <fstream>

namespace expertscope::results {

namespace {

constexpr std::string_view kTables = "Tables of expertscope ";

/// Takes white space and then `word` from the beginning of a text.
bool take(std::string_view& text, std::string_view word)
{
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    const bool there = text.starts_with(word);
    text.remove_prefix(there ? word.size() : 0);
    return there;
}

/// {"format": "expertscope-results" or "…-comparison", also where another program has laid it out anew.
bool isJson(const std::filesystem::path& path)
{
    const std::string head = headOf(path);
    std::string_view text = head;
    return take(text, "{") && take(text, "\"format\"") && take(text, ":") && take(text, "\"expertscope-")
        && (text.starts_with("results\"") || text.starts_with("comparison\""));
}

/// Whether one of the comments that a file begins with is this.
bool hasComment(const std::filesystem::path& path, char sign, std::string_view comment)
{
    std::ifstream file(path, std::ios::binary);
    for (std::string line; std::getline(file, line) && line.starts_with(sign);) {
        if (line.starts_with(comment))
            return true;
    }
    return false;
}

bool isHdf5(const std::filesystem::path& path)
{
    const auto file = hdf5::openForReading(path.string());
    if (!file)
        return false;
    const hdf5::Lock lock;
    const auto format = hdf5::readText(*file, "format", path.string());
    return format && *format == kResultsFormat;
}

}

FileKind jsonKind()
{
    return {.name = "results in JSON", .recognises = isJson};
}

FileKind csvKind()
{
    return {.name = "results in CSV", .recognises = [](const std::filesystem::path& path) {
                return hasComment(path, '#', "# tool name: expertscope");
            }};
}

FileKind latexKind()
{
    return {.name = "results in LaTeX", .recognises = [](const std::filesystem::path& path) {
                return hasComment(path, '%', "% tool: name expertscope");
            }};
}

FileKind hdf5Kind()
{
    return {.name = "results in HDF5", .recognises = isHdf5, .needsFile = true};
}

FileKind tablesKind()
{
    return {.name = "tables of results",
        .recognises = [](const std::filesystem::path& path) { return headOf(path, kTables.size()) == kTables; }};
}

std::string tablesHead()
{
    return std::string(kTables) + kVersion + "\n\n";
}

}
