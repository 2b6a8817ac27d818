// SPDX-License-Identifier: GPL-3.0-or-later
//
// A file that is being made: whole in its place or nowhere.
#pragma once

#include "io/base/error.h"
#include "io/base/interrupts.h"

#include <filesystem>
#include <memory>
#include <string_view>

namespace expertscope {

/// Has no name until place(), so that nothing stays behind, however the program ends. (Where the file system knows no
/// files without a name, it has a short one of its own in the folder, which goes with this object.)
class NewFile
{
public:
    /// Beside `target`, or what that leads to when it is a link, which stays. What is there now stays as it is until
    /// place(), and hands on its permissions. Errors: as the system says them; a folder or no file is in the way.
    static Expected<NewFile> create(const std::filesystem::path& target);
    NewFile(NewFile&& other) noexcept;
    NewFile& operator=(NewFile&& other) noexcept;
    ~NewFile();

    /// Open for reading and writing, at its beginning.
    int descriptor() const { return m_file; }
    /// As it was named.
    const std::filesystem::path& name() const { return m_name; }

    Expected<void> write(std::string_view bytes);
    /// All that was written is taken: some systems say only at the end that there is no room. `toDisk`: also when power
    /// fails now.
    Expected<void> finish(bool toDisk = false);
    /// Takes the place of what is there. After finish().
    Expected<void> place(bool toDisk = false);

private:
    NewFile() = default;
    Expected<void> open();
    void close();
    Expected<void> named(const auto& take);

    std::filesystem::path m_name;
    std::string m_last; ///< the last part of where it is to be
    std::string m_own; ///< its name of its own, if it has one
    std::unique_ptr<Unfinished> m_unfinished; ///< of that
    int m_folder = -1, m_file = -1;
};

/// The whole of it or nothing, in the place of whatever is there: of the program's own files, those of users are
/// written as output.h has it.
Expected<void> replaceFile(const std::filesystem::path& path, std::string_view bytes);

/// All of it, however often the system wants to be asked; false: errno says why not.
bool writeAll(int descriptor, std::string_view bytes);

}
