// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/device.h"

#include "io/backend/torch_compat.h"
#include "io/base/host.h"

#include <dlfcn.h>
#include <filesystem>

namespace expertscope {

namespace {

constexpr const char* kCudaHint =
    "use --device cpu, or give the build a CUDA PyTorch with its nvidia packages beside it";

std::filesystem::path torchFolder()
{
    Dl_info info{};
    // Any function that lives in libtorch_cpu will do.
    if (dladdr(reinterpret_cast<void*>(&at::get_num_threads), &info) == 0 || !info.dli_fname)
        return {};
    std::error_code ignored;
    const auto file = std::filesystem::canonical(info.dli_fname, ignored);
    return ignored ? std::filesystem::path() : file.parent_path();
}

}

Expected<void> openDevice(DeviceKind kind)
{
    if (kind == DeviceKind::Cpu)
        return {};
    const auto library = torchFolder() / "libtorch_cuda.so";
    std::error_code ignored;
    if (!std::filesystem::exists(library, ignored))
        return fail("this LibTorch has no CUDA (the file is missing)", library.string(), kCudaHint);
    if (!dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL)) {
        const char* reason = dlerror();
        return fail(
            std::string("cannot be opened: ") + (reason ? reason : "no reason given"), library.string(), kCudaHint);
    }
    try {
        const auto* guard = c10::impl::getDeviceGuardImpl(c10::DeviceType::CUDA);
        if (guard->deviceCount() <= 0)
            return fail("no usable NVIDIA GPU or driver on this machine", "--device cuda", "use --device cpu");
        // fp32 must mean fp32: TF32 keeps ten bits of a product's factors.
        at::globalContext().setAllowTF32CuBLAS(false);
    } catch (const std::exception& error) {
        const std::string text = error.what();
        return fail("CUDA does not start: " + text.substr(0, text.find('\n')), "--device cuda", "use --device cpu");
    }
    return {};
}

std::string deviceName(DeviceKind kind)
{
    // The GPU's name needs CUDA headers; its index is what the device-generic interface knows.
    return kind == DeviceKind::Cuda ? std::string("cuda:0") : hostCpuName();
}

std::string torchVersion()
{
    return TORCH_VERSION;
}

bool cpuHasBf16Arithmetic()
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512bf16"))
        return true;
    std::uint32_t a = 7, b = 0, c = 0, d = 0; // CPUID leaf 7: EDX bit 22 = AMX-BF16
    __asm__ __volatile__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (d >> 22 & 1) != 0;
#else
    return false;
#endif
}

}
