// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/test_main.h"
class TestCharts : public QObject { Q_OBJECT private slots: void x() {} };
EXPERTSCOPE_TEST(TestCharts)
#include "tst_charts.moc"
