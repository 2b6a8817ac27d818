// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/output.h"

#include "io/base/interrupts.h"
#include "io/base/new_file.h"
#include "io/base/output_place.h"
#include "io/base/standard_streams.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace expertscope {

namespace fs = std::filesystem;

namespace {

using What = OutputPlace::What;

constexpr const char* kNeverReplaced = "is read by this command, which never replaces it";

std::string whereOf(const Output& output)
{
    return output.isStandardOutput() ? "standard output" : output.path.string();
}

bool isInput(const Output& output, const FileIdentity& there)
{
    for (const fs::path& input : output.inputs) {
        if (identityOf(input) == there)
            return true;
        std::error_code error;
        for (fs::recursive_directory_iterator it(input, error), end; !error && it != end; it.increment(error)) {
            std::error_code ignored;
            if (it->is_regular_file(ignored) && identityOf(it->path()) == there)
                return !output.kind.recognises || !output.kind.recognises(it->path());
        }
    }
    return false;
}

/// What is open as `descriptor` is written to where it stands: only a file that is read at the same time is in danger.
Expected<void> checkDescriptor(const Output& output, int descriptor)
{
    if (output.kind.needsFile)
        return fail(output.kind.name + " cannot be written to a stream", whereOf(output), "name a file");
    const auto there = identityOf("/proc/self/fd/" + std::to_string(descriptor));
    if (there && isInput(output, *there))
        return fail(kNeverReplaced, whereOf(output));
    return {};
}

/// Where the output is to go, if it may. Not of standard output.
Expected<OutputPlace> allowedPlace(const Output& output)
{
    ES_ASSIGN(OutputPlace place, OutputPlace::of(output.path));
    const std::string where = output.path.string();
    switch (place.what) {
    case What::Folder:
        return fail(std::strerror(EISDIR), where);
    case What::Socket:
    case What::Disk:
        return fail(std::string("is ") + place.name() + ", which is not written to", where);
    case What::Descriptor:
        ES_TRY(checkDescriptor(output, place.descriptor));
        return place;
    case What::Stream:
        if (output.kind.needsFile)
            return fail("is " + std::string(place.name()) + ", no file, as is needed for " + output.kind.name, where);
        if (faccessat(AT_FDCWD, place.path.c_str(), W_OK, AT_EACCESS) != 0)
            return fail(std::strerror(errno), where);
        return place;
    case What::Nothing:
    case What::File:
        break;
    }
    const fs::path folder = place.path.has_parent_path() ? place.path.parent_path() : ".";
    if (!place.path.has_filename())
        return fail(std::strerror(EISDIR), where);
    if (faccessat(AT_FDCWD, (folder / "").c_str(), W_OK | X_OK, AT_EACCESS) != 0) // the slash: a file is no folder
        return fail(std::strerror(errno), where);
    if (place.what == What::Nothing)
        return place;
    if (isInput(output, *place.identity))
        return fail(kNeverReplaced, where, "give the output another name");
    if (output.force || place.bytes == 0)
        return place;
    if (!output.kind.repeatable)
        return fail("exists already", where, "--force replaces it");
    if (!output.kind.recognises || !output.kind.recognises(place.path))
        return fail("exists and is not " + output.kind.name, where, "--force replaces it");
    return place;
}

/// Into what is there already and takes bytes.
Expected<void> writeInto(const Output& output, const OutputPlace& place, std::string_view bytes)
{
    if (place.descriptor == STDOUT_FILENO)
        return print(bytes);
    const int to = place.what == What::Descriptor ? dup(place.descriptor)
                                                  : open(place.path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC);
    const bool written = to >= 0 && writeAll(to, bytes);
    const int code = errno;
    if ((to < 0 || close(to) == 0) && written)
        return {};
    return fail(std::strerror(written ? errno : code), whereOf(output));
}

bool holdsJust(const fs::path& path, std::string_view bytes)
{
    std::error_code error;
    return fs::file_size(path, error) == bytes.size() && !error && headOf(path, bytes.size()) == bytes;
}

}

std::string headOf(const fs::path& path, std::size_t bytes)
{
    std::ifstream file(path, std::ios::binary);
    std::string head(bytes, '\0');
    file.read(head.data(), static_cast<std::streamsize>(bytes));
    head.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    return head;
}

Expected<void> checkOutput(const Output& output)
{
    if (output.isStandardOutput())
        return checkDescriptor(output, STDOUT_FILENO);
    ES_ASSIGN([[maybe_unused]] const OutputPlace place, allowedPlace(output));
    return {};
}

Expected<void> checkOutputs(std::span<const Output> outputs)
{
    std::vector<std::pair<std::optional<FileIdentity>, fs::path>> taken;
    bool printed = false;
    for (const Output& output : outputs) {
        ES_TRY(checkOutput(output));
        if (output.isStandardOutput()) {
            if (std::exchange(printed, true))
                return fail("is to take two outputs", whereOf(output), "give one a file");
            continue;
        }
        ES_ASSIGN(const OutputPlace place, OutputPlace::of(output.path));
        if (place.what != What::Nothing && place.what != What::File)
            continue;
        const fs::path folder = place.path.has_parent_path() ? place.path.parent_path() : ".";
        const std::pair entry(identityOf(folder), place.path.filename());
        if (std::ranges::find(taken, entry) != taken.end())
            return fail("is to take two outputs", output.path.string(), "give each its own name");
        taken.push_back(entry);
    }
    return {};
}

Expected<void> writeOutput(const Output& output, std::string_view bytes)
{
    const OutputPart part{output, bytes};
    return writeOutputs(std::span(&part, 1));
}

Expected<void> writeOutputs(std::span<const OutputPart> parts)
{
    std::vector<std::pair<const OutputPart*, NewFile>> files;
    std::vector<std::pair<const OutputPart*, OutputPlace>> streams;
    for (const OutputPart& part : parts) {
        const Output& output = part.output;
        if (output.isStandardOutput()) {
            ES_TRY(checkDescriptor(output, STDOUT_FILENO));
            OutputPlace out;
            out.what = What::Descriptor;
            out.descriptor = STDOUT_FILENO;
            streams.emplace_back(&part, out);
            continue;
        }
        auto place = allowedPlace(output);
        if (!place) {
            if (place.error().what == kNeverReplaced && holdsJust(output.path, part.bytes))
                continue;
            return tl::unexpected(std::move(place).error());
        }
        if (place->what != What::Nothing && place->what != What::File) {
            streams.emplace_back(&part, std::move(*place));
            continue;
        }
        ES_ASSIGN(NewFile file, NewFile::create(output.path));
        ES_TRY(file.write(part.bytes));
        ES_TRY(file.finish());
        files.emplace_back(&part, std::move(file));
    }
    for (const auto& [part, place] : streams)
        ES_TRY(writeInto(part->output, place, part->bytes));
    const Uninterrupted together;
    for (auto& [part, file] : files) {
        ES_TRY(file.place());
        noteWritten(part->output.path);
    }
    return {};
}

}
