// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/hdf5_output_driver.h"

#if __has_include(<H5FDdevelop.h>)
#include <H5FDdevelop.h> // HDF5 1.14 moved H5FD_class_t here
#endif

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include <unistd.h>

namespace expertscope::hdf5 {

namespace {

struct File
{
    H5FD_t base{}; ///< first: HDF5 knows no more than this
    OutputBytes* bytes = nullptr;
    haddr_t end = 0; ///< of the addresses in use, as HDF5 sets it
    haddr_t size = 0; ///< of the file, had nothing failed
};

File& of(H5FD_t* file)
{
    return *reinterpret_cast<File*>(file);
}

const File& of(const H5FD_t* file)
{
    return *reinterpret_cast<const File*>(file);
}

void keepError(File& file)
{
    if (file.bytes->error == 0)
        file.bytes->error = errno;
}

/// HDF5 opens a file that it makes twice, first to look whether it is one that it knows.
H5FD_t* openFile(const char*, unsigned, hid_t access, haddr_t)
{
    const auto* info = static_cast<OutputBytes* const*>(H5Pget_driver_info(access));
    File* const file = info && *info ? new (std::nothrow) File : nullptr;
    if (!file)
        return nullptr;
    file->bytes = *info;
    return &file->base;
}

herr_t closeFile(H5FD_t* file)
{
    delete &of(file);
    return 0;
}

herr_t query(const H5FD_t*, unsigned long* flags)
{
    // As HDF5's own driver has it, so that files are laid out the same.
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE
        | H5FD_FEAT_AGGREGATE_SMALLDATA;
    return 0;
}

haddr_t endOfAddresses(const H5FD_t* file, H5FD_mem_t)
{
    return of(file).end;
}

herr_t setEndOfAddresses(H5FD_t* file, H5FD_mem_t, haddr_t end)
{
    of(file).end = end;
    return 0;
}

haddr_t endOfFile(const H5FD_t* file, H5FD_mem_t)
{
    return of(file).size;
}

/// What was never written, or could not be, is zero.
herr_t read(H5FD_t* base, H5FD_mem_t, hid_t, haddr_t at, std::size_t size, void* buffer)
{
    File& file = of(base);
    auto* to = static_cast<char*>(buffer);
    while (size > 0) {
        const ssize_t n = pread(file.bytes->descriptor, to, size, static_cast<off_t>(at));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            keepError(file);
        if (n <= 0) {
            std::memset(to, 0, size);
            return 0;
        }
        to += n;
        at += static_cast<haddr_t>(n);
        size -= static_cast<std::size_t>(n);
    }
    return 0;
}

herr_t write(H5FD_t* base, H5FD_mem_t, hid_t, haddr_t at, std::size_t size, const void* buffer)
{
    File& file = of(base);
    file.size = std::max<haddr_t>(file.size, at + size);
    const auto* from = static_cast<const char*>(buffer);
    while (size > 0 && file.bytes->error == 0) {
        const ssize_t n = pwrite(file.bytes->descriptor, from, size, static_cast<off_t>(at));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            keepError(file);
            break;
        }
        from += n;
        at += static_cast<haddr_t>(n);
        size -= static_cast<std::size_t>(n);
    }
    return 0;
}

herr_t truncate(H5FD_t* base, hid_t, hbool_t)
{
    File& file = of(base);
    if (file.size != file.end && file.bytes->error == 0
        && ftruncate(file.bytes->descriptor, static_cast<off_t>(file.end)) != 0)
        keepError(file);
    file.size = file.end;
    return 0;
}

hid_t driver()
{
    static const hid_t id = [] {
        static H5FD_class_t c{};
#ifdef H5FD_CLASS_VERSION
        c.version = H5FD_CLASS_VERSION;
        c.value = static_cast<H5FD_class_value_t>(401); // of the numbers left free for programs
#endif
        c.name = "expertscope output";
        c.maxaddr = (haddr_t(1) << 62) - 1;
        c.fc_degree = H5F_CLOSE_STRONG;
        c.fapl_size = sizeof(OutputBytes*);
        c.open = openFile;
        c.close = closeFile;
        c.query = query;
        c.get_eoa = endOfAddresses;
        c.set_eoa = setEndOfAddresses;
        c.get_eof = endOfFile;
        c.read = read;
        c.write = write;
        c.truncate = truncate;
        const H5FD_mem_t map[H5FD_MEM_NTYPES] = H5FD_FLMAP_DICHOTOMY;
        std::copy(std::begin(map), std::end(map), std::begin(c.fl_map));
        return H5FDregister(&c);
    }();
    return id;
}

}

Expected<Handle> createForWriting(OutputBytes& bytes, hid_t creation, const std::string& path)
{
    const Lock lock;
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    const OutputBytes* const info = &bytes;
    // The 1.10 format checksums all its metadata and indexes chunks in constant time.
    if (driver() < 0 || H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110) < 0
        || H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) < 0 || H5Pset_driver(access, driver(), &info) < 0)
        return failed("cannot be created", path);
    requireMemory(kFileBytes);
    Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation, access), H5Fclose);
    if (!file)
        return failed("cannot be created", path);
    return file;
}

}
