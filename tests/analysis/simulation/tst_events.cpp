// SPDX-License-Identifier: GPL-3.0-or-later
#include "streams.h"

#include <QTest>

using namespace expertscope;
using namespace expertscope::testing;

class TestEvents : public QObject
{
    Q_OBJECT
};

QTEST_APPLESS_MAIN(TestEvents)
#include "tst_events.moc"
