// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/error.h"
#include "tests/support/test_main.h"

#include <QTest>

using namespace expertscope;

class TestError : public QObject
{
    Q_OBJECT
private slots:
    void oneLineWhateverThePartsHold()
    {
        const Error error{"bad\nname\x1b[31m", "a.json:3", "look\tthere"};
        QCOMPARE(error.message(), std::string("a.json:3: bad name [31m (look there)"));
        QCOMPARE((Error{"just this", {}, {}}).message(), std::string("just this"));
    }

    void macrosHandTheErrorOn()
    {
        auto inner = [](bool ok) -> Expected<int> {
            if (!ok)
                return fail("no", "there");
            return 7;
        };
        auto outer = [&](bool ok) -> Expected<int> {
            ES_ASSIGN(const int value, inner(ok));
            ES_TRY(inner(ok));
            return value + 1;
        };
        QCOMPARE(*outer(true), 8);
        QCOMPARE(outer(false).error().where, std::string("there"));
    }
};

EXPERTSCOPE_TEST(TestError)
#include "tst_error.moc"
