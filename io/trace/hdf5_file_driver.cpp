// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/hdf5_file_driver.h"

#if __has_include(<H5FDdevelop.h>)
#include <H5FDdevelop.h> // HDF5 1.14 moved H5FD_class_t here
#endif

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <new>
#include <sys/stat.h>
#include <unistd.h>

namespace expertscope::hdf5 {

namespace {

struct File
{
    H5FD_t base{}; ///< first: HDF5 knows no more than this
    int fd = -1;
    haddr_t end = 0; ///< of the addresses in use, as HDF5 sets it
    std::uint64_t size = 0; ///< of the file
};

File& of(H5FD_t* file)
{
    return *reinterpret_cast<File*>(file);
}

const File& of(const H5FD_t* file)
{
    return *reinterpret_cast<const File*>(file);
}

/// Bytes beyond the end are zero, as HDF5's own driver has it.
bool readBytes(const File& file, std::uint64_t at, void* data, std::size_t size)
{
    auto* p = static_cast<char*>(data);
    while (size > 0) {
        const auto n = pread(file.fd, p, size, static_cast<off_t>(at));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0) {
            std::memset(p, 0, size);
            return true;
        }
        p += n;
        at += static_cast<std::uint64_t>(n);
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

template <class T> T load(const std::byte* from)
{
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

constexpr std::size_t kHead = 16; ///< of a global heap and of each object in it, with lengths of 8 bytes
constexpr std::uint64_t kSmallestHeap = 4096, kLargestHeap = 1ull << 30;

/// HDF5 file format specification, III.E "Global Heap": signature, version 1, size; then objects of index, references,
/// reserved, size and data padded to 8 bytes; index 0 is the free space that ends it.
bool isGoodHeap(const File& file, std::uint64_t at, std::uint64_t size)
{
    if (size < kSmallestHeap || size > kLargestHeap || size % 8 != 0 || at > file.size || size > file.size - at)
        return false;
    std::vector<std::byte> heap(size);
    if (!readBytes(file, at, heap.data(), size))
        return false;
    std::vector<bool> seen(65536, false);
    for (std::uint64_t p = kHead; size - p >= kHead;) {
        const auto index = load<std::uint16_t>(&heap[p]);
        const auto length = load<std::uint64_t>(&heap[p + 8]);
        if (index == 0)
            return length == size - p;
        if (seen[index] || length > size - p - kHead)
            return false;
        seen[index] = true;
        const auto needed = kHead + (length + 7) / 8 * 8;
        if (needed > size - p)
            return false;
        p += needed;
    }
    return true;
}

H5FD_t* openFile(const char* name, unsigned flags, hid_t, haddr_t)
{
    if ((flags & H5F_ACC_RDWR) != 0)
        return nullptr;
    auto file = std::unique_ptr<File>(new (std::nothrow) File);
    struct stat info
    {
    };
    if (!file)
        return nullptr;
    file->fd = ::open(name, O_RDONLY | O_CLOEXEC);
    if (file->fd < 0)
        return nullptr;
    if (fstat(file->fd, &info) != 0) {
        ::close(file->fd);
        return nullptr;
    }
    file->size = static_cast<std::uint64_t>(info.st_size);
    return &file.release()->base;
}

herr_t closeFile(H5FD_t* file)
{
    const std::unique_ptr<File> owned(&of(file));
    return ::close(owned->fd);
}

herr_t query(const H5FD_t*, unsigned long* flags)
{
    // No metadata accumulator: heaps must reach read() whole.
    *flags = H5FD_FEAT_DATA_SIEVE;
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

herr_t handleOf(H5FD_t* file, hid_t, void** handle)
{
    *handle = &of(file).fd;
    return 0;
}

herr_t read(H5FD_t* base, H5FD_mem_t, hid_t, haddr_t at, std::size_t size, void* buffer)
{
    static constexpr unsigned char kHeap[8] = {'G', 'C', 'O', 'L', 1, 0, 0, 0};
    const auto& file = of(base);
    if (at > file.size || !readBytes(file, at, buffer, size))
        return -1;
    // HDF5 asks for heaps as for raw data. No chunk begins like this: a zlib stream begins with 0x78.
    if (size >= kHead && std::memcmp(buffer, kHeap, sizeof kHeap) == 0
        && !isGoodHeap(file, at, load<std::uint64_t>(static_cast<const std::byte*>(buffer) + 8)))
        return -1;
    return 0;
}

herr_t write(H5FD_t*, H5FD_mem_t, hid_t, haddr_t, std::size_t, const void*)
{
    return -1;
}

hid_t driver()
{
    static const hid_t id = [] {
        static H5FD_class_t c{};
#ifdef H5FD_CLASS_VERSION
        c.version = H5FD_CLASS_VERSION;
        c.value = static_cast<H5FD_class_value_t>(400); // of the numbers left free for programs
#endif
        c.name = "expertscope";
        c.maxaddr = (haddr_t(1) << 62) - 1;
        c.fc_degree = H5F_CLOSE_STRONG;
        c.open = openFile;
        c.close = closeFile;
        c.query = query;
        c.get_eoa = endOfAddresses;
        c.set_eoa = setEndOfAddresses;
        c.get_eof = endOfFile;
        c.get_handle = handleOf;
        c.read = read;
        c.write = write;
        const H5FD_mem_t map[H5FD_MEM_NTYPES] = H5FD_FLMAP_DICHOTOMY;
        std::copy(std::begin(map), std::end(map), std::begin(c.fl_map));
        return H5FDregister(&c);
    }();
    return id;
}

/// Older formats let any flipped bit into HDF5's parsers, which crash (fuzz_trace_open); a trace is of version 3. The
/// superblock also says how wide addresses and lengths are; the check of heaps relies on 8.
Expected<void> checkSuperblock(const std::string& path)
{
    static constexpr unsigned char kSignature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    File file;
    file.fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); // nobody may ever write into a pipe
    struct stat info
    {
    };
    if (file.fd < 0 || fstat(file.fd, &info) != 0) {
        const int code = errno;
        if (file.fd >= 0)
            ::close(file.fd);
        return fail(std::strerror(code), path);
    }
    if (!S_ISREG(info.st_mode)) {
        ::close(file.fd);
        return fail("is not a regular file", path);
    }
    Expected<void> status = fail("is not an HDF5 file", path);
    for (std::uint64_t at = 0; at + 16 <= static_cast<std::uint64_t>(info.st_size); at = at == 0 ? 512 : at * 2) {
        unsigned char head[16];
        if (!readBytes(file, at, head, sizeof head) || std::memcmp(head, kSignature, sizeof kSignature) != 0)
            continue;
        if (head[8] < 3)
            status = fail("is in HDF5's format of before 1.10, whose metadata has no checksums", path,
                "rewrite it: h5repack --low=2 --high=2 OLD NEW");
        else if (head[9] == 8 && head[10] == 8)
            status = {};
        else
            status = fail("is damaged: an HDF5 file with addresses that are not of 8 bytes", path);
        break;
    }
    ::close(file.fd);
    return status;
}

}

Expected<Handle> openForReading(const std::string& path)
{
    ES_TRY(checkSuperblock(path));
    const Lock lock;
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    if (driver() < 0 || H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) < 0
        || H5Pset_driver(access, driver(), nullptr) < 0)
        return failed("cannot be opened", path);
    requireMemory(kFileBytes);
    Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access), H5Fclose);
    if (!file)
        return failed("is not an HDF5 file, or a damaged one", path);
    return file;
}

bool isOfFormat(const std::string& path, std::string_view format)
{
    const auto file = openForReading(path);
    if (!file)
        return false;
    const Lock lock;
    const auto own = readText(*file, "format", path, 256);
    return own && *own == format;
}

int descriptorOf(const Handle& file)
{
    const Lock lock;
    void* handle = nullptr;
    return H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) < 0 ? -1 : *static_cast<const int*>(handle);
}

}
