// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/test_main.h"

#include <cstdio>
#include <filesystem>
#include <map>

#ifdef EXPERTSCOPE_TEST_GUI
#include <QApplication>
using Application = QApplication;
#else
#include <QCoreApplication>
using Application = QCoreApplication;
#endif

namespace expertscope::testing {

static std::map<std::string, int (*)(int, char**)>& tests()
{
    static std::map<std::string, int (*)(int, char**)> all;
    return all;
}

bool registerTest(const char* file, int (*run)(int argc, char** argv))
{
    return tests().emplace(std::filesystem::path(file).stem().string(), run).second;
}

}

int main(int argc, char** argv)
{
    using expertscope::testing::tests;
#ifdef EXPERTSCOPE_TEST_GUI
    QCoreApplication::setAttribute(Qt::AA_Use96Dpi);
#endif
    const std::string wanted = argc > 1 ? argv[1] : "";
    const auto found = tests().find(wanted);
    if (found == tests().end()) {
        for (const auto& [name, run] : tests())
            std::fprintf(stderr, "%s\n", name.c_str());
        std::fprintf(stderr, "usage: %s TEST [Qt Test options]; the tests are above\n", argv[0]);
        return 2;
    }
    for (int i = 1; i + 1 < argc; ++i)
        argv[i] = argv[i + 1];
    argv[--argc] = nullptr;
    Application application(argc, argv);
    return found->second(argc, argv);
}
