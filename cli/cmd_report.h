/* cmd_report.h - aez report, which reads its own command line. */
#ifndef AEZ_CLI_CMD_REPORT_H
#define AEZ_CLI_CMD_REPORT_H

/* argv[0] is "report". An exit code; what went wrong has been said. */
int aez_cmd_report(int argc, char **argv);

#endif
