// The kernel's interfaces, and the errors of steps that fail: who imports this module has them too.
@_exported public import Linux
